import { BinaryReader } from '@bufbuild/protobuf/wire';

/**
 * Tags, lengths and numbers in a message: some six for an environment variable, of which execve(2) does not take
 * 50,000.
 */
export const maxNumbers = 300_000;

/**
 * A reader of protobuf that gives up at a message with more in it than its receiver wants to make of it. Two bytes can
 * be an entry of a list that takes hundreds when it is decoded, so that a message of 16 MiB would cost gigabytes, and
 * seconds in which nobody else is answered.
 */
export function boundedReader(bytes: Uint8Array): BinaryReader {
  const reader = new BinaryReader(bytes);
  let numbers = 0;
  const counted =
    <Result>(read: () => Result): (() => Result) =>
    () => {
      numbers++;
      if (numbers > maxNumbers) throw new Error(`the message has more than ${maxNumbers} fields and values`);
      return read.call(reader);
    };
  // All others are read by one of these.
  reader.uint32 = counted(reader.uint32);
  reader.int64 = counted(reader.int64);
  reader.uint64 = counted(reader.uint64);
  return reader;
}
