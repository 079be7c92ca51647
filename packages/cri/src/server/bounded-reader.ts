import { BinaryReader } from '@bufbuild/protobuf/wire';
import { CriError } from '../errors/cri-error.ts';

/**
 * Tags, lengths and numbers in a message: six for an environment variable, of which execve(2) takes less than 30,000 of
 * a usual length.
 */
export const maxNumbers = 180_000;

/** A name, a path or a value; Kubernetes allows 256 KiB of annotations. */
const maxCharacters = 1024 * 1024;

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
      if (numbers > maxNumbers) throw tooLarge(`has more than ${maxNumbers} fields and values`);
      return read.call(reader);
    };
  // All others are read by one of these.
  reader.uint32 = counted(reader.uint32);
  reader.int64 = counted(reader.int64);
  reader.uint64 = counted(reader.uint64);
  reader.string = (strict) => {
    const text = BinaryReader.prototype.string.call(reader, strict);
    if (text.length <= maxCharacters) return text;
    throw tooLarge(`has a text of more than ${maxCharacters} characters`);
  };
  return reader;
}

function tooLarge(problem: string): CriError {
  return new CriError('RESOURCE_EXHAUSTED', `the message ${problem}`);
}

/** Stands for a message that was too large, until its call can be answered: grpc-js tells nobody why it cannot decode. */
class TooLarge {
  readonly error: CriError;

  constructor(error: CriError) {
    this.error = error;
  }
}

/** Decodes a request, which `decoded` has to be asked for. */
export function decodeBounded(type: { decode(reader: BinaryReader): object }, bytes: Uint8Array): object {
  try {
    return type.decode(boundedReader(bytes));
  } catch (error) {
    if (error instanceof CriError) return new TooLarge(error);
    throw error;
  }
}

/** A request of decodeBounded. @throws CriError RESOURCE_EXHAUSTED when it was too large */
export function decoded(request: object): object {
  if (request instanceof TooLarge) throw request.error;
  return request;
}
