// Profiles in the format that `go tool pprof` reads: gzipped protobuf
// (https://github.com/google/pprof/blob/main/proto/profile.proto).
import { gzipSync } from 'node:zlib';
import { BinaryWriter } from '@bufbuild/protobuf/wire';

export interface Frame {
  functionName: string;
  url: string;
  /** From 0, as V8 counts. */
  lineNumber: number;
}

/** What was measured of one stack, whose innermost frame is the first. */
export interface Sample {
  frames: readonly Frame[];
  /** One for each of the profile's types. */
  values: readonly number[];
}

export interface ValueType {
  type: string;
  unit: string;
}

export interface Profile {
  types: readonly ValueType[];
  samples: readonly Sample[];
  timeMs: number;
  durationMs: number;
  /** How much of `periodType` lies between two samples. */
  period: number;
  periodType: ValueType;
}

/** Pure: the profile as the bytes of a file. */
export function encodePprof(profile: Profile): Buffer {
  const strings = new Numbering();
  strings.number('');
  const functions = new Numbering();
  const frames: Frame[] = [];
  const locationOf = (frame: Frame): number => {
    const key = `${frame.functionName}\0${frame.url}\0${frame.lineNumber}`;
    const id = functions.number(key) + 1;
    frames[id - 1] = frame;
    return id;
  };
  const writer = new BinaryWriter();
  const message = (field: number, write: (inner: BinaryWriter) => void) => {
    writer.tag(field, 2).fork();
    write(writer);
    writer.join();
  };
  const valueType =
    ({ type, unit }: ValueType) =>
    (inner: BinaryWriter) =>
      void inner.tag(1, 0).int64(strings.number(type)).tag(2, 0).int64(strings.number(unit));
  for (const type of profile.types) message(1, valueType(type));
  for (const { frames: stack, values } of profile.samples) {
    message(2, (inner) => {
      inner.tag(1, 2).fork();
      for (const frame of stack) inner.uint64(locationOf(frame));
      inner.join().tag(2, 2).fork();
      for (const value of values) inner.int64(Math.round(value));
      inner.join();
    });
  }
  for (const [index, { functionName, url, lineNumber }] of frames.entries()) {
    const id = index + 1;
    message(4, (inner) => {
      inner.tag(1, 0).uint64(id).tag(4, 2).fork();
      inner
        .tag(1, 0)
        .uint64(id)
        .tag(2, 0)
        .int64(lineNumber + 1);
      inner.join();
    });
    message(5, (inner) => {
      const name = strings.number(functionName || '(anonymous)');
      inner.tag(1, 0).uint64(id).tag(2, 0).int64(name).tag(3, 0).int64(name);
      inner
        .tag(4, 0)
        .int64(strings.number(url))
        .tag(5, 0)
        .int64(lineNumber + 1);
    });
  }
  message(11, valueType(profile.periodType));
  for (const text of strings.keys()) writer.tag(6, 2).string(text);
  writer.tag(9, 0).int64(Math.round(profile.timeMs) * 1e6);
  writer.tag(10, 0).int64(Math.round(profile.durationMs * 1e6));
  writer.tag(12, 0).int64(profile.period);
  return gzipSync(writer.finish());
}

/** Numbers texts from 0 in the order in which they come. */
class Numbering {
  readonly #numbers = new Map<string, number>();

  number(text: string): number {
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    this.#numbers.set(text, this.#numbers.size);
    return this.#numbers.size - 1;
  }

  keys(): Iterable<string> {
    return this.#numbers.keys();
  }
}
