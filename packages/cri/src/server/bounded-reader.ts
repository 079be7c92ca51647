// Limits the memory that decoding a CRI request can take: small messages can encode huge objects.
import { BinaryReader } from '@bufbuild/protobuf/wire';
import { CriError } from '../errors/cri-error.ts';

/**
 * Limit of the tags, lengths and numbers in a message. An environment variable has six, and execve(2) accepts fewer than
 * 30,000 variables of usual length.
 */
export const maxNumbers = 180_000;

/** Limit of a string; Kubernetes allows 256 KiB of annotations. */
const maxCharacters = 1024 * 1024;

/**
 * A protobuf reader with limits. Two bytes can encode a list entry that takes hundreds of bytes when decoded, so a
 * message of 16 MiB could take gigabytes of memory, and block the event loop for seconds.
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
  // All other methods call one of these.
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

/** Stands for a message over the limits until its handler is called: grpc-js discards the error of a decoder. */
class TooLarge {
  readonly error: CriError;

  constructor(error: CriError) {
    this.error = error;
  }
}

/** Decodes a request with limits; `decoded` returns it or throws. */
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
