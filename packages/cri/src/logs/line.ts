// One line of a container's log file: the CRI format, or Docker's JSON.
import { isObject } from '@berth/common/json/is-object.ts';

export interface LogLine {
  /** RFC 3339, as in the file. */
  timestamp: string;
  stream: 'stdout' | 'stderr';
  /** The output of the process; ends in a line break unless the line is partial (tag P). */
  content: Buffer;
}

const space = 0x20;
const lineBreak = 0x0a;
const timestampPattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[-+]\d\d:\d\d)$/;

/** Parses `TIME STREAM TAG CONTENT\n`. Throws an Error that names the invalid part. */
export function parseCriLine(line: Buffer): LogLine {
  const timeEnd = line.indexOf(space);
  if (timeEnd === -1) throw new Error('timestamp is not found');
  const timestamp = line.toString('latin1', 0, timeEnd);
  if (!timestampPattern.test(timestamp)) throw new Error(`unexpected timestamp format "${timestamp}"`);
  const streamEnd = line.indexOf(space, timeEnd + 1);
  if (streamEnd === -1) throw new Error('stream type is not found');
  const stream = line.toString('latin1', timeEnd + 1, streamEnd);
  if (stream !== 'stdout' && stream !== 'stderr') throw new Error(`unexpected stream type "${stream}"`);
  const tagEnd = line.indexOf(space, streamEnd + 1);
  if (tagEnd === -1) throw new Error('log tag is not found');
  const [firstTag] = line.toString('latin1', streamEnd + 1, tagEnd).split(':');
  const isPartial = firstTag === 'P' && line.at(-1) === lineBreak;
  return { timestamp, stream, content: line.subarray(tagEnd + 1, isPartial ? -1 : undefined) };
}

/** Parses `{"log":"…\n","stream":"stdout","time":"…"}`. */
export function parseDockerLine(line: Buffer): LogLine {
  const entry: unknown = JSON.parse(line.toString());
  if (!isObject(entry)) throw new Error('expected a JSON object');
  const { log = '', stream, time } = entry;
  if (typeof log !== 'string') throw new Error('log is not a string');
  if (stream !== 'stdout' && stream !== 'stderr') throw new Error(`unexpected stream type "${stream}"`);
  if (typeof time !== 'string' || !timestampPattern.test(time)) throw new Error(`unexpected time "${time}"`);
  return { timestamp: time, stream, content: Buffer.from(log) };
}

/** The parser for a file, whose first line is `line`. Throws when no format matches. */
export function detectFormat(line: Buffer): (line: Buffer) => LogLine {
  for (const parse of [parseCriLine, parseDockerLine]) {
    try {
      parse(line);
      return parse;
    } catch {
      // Try the other format.
    }
  }
  throw new Error(`failed to get parse function: unsupported log format: ${JSON.stringify(line.toString())}`);
}

/** Unix nanoseconds of an RFC 3339 time. */
export function timestampNano(timestamp: string): bigint {
  const [, seconds = '', fraction = '', zone = ''] = /^(.{19})(?:\.(\d+))?(.*)$/.exec(timestamp) ?? [];
  return BigInt(Date.parse(seconds + zone)) * 1_000_000n + BigInt(fraction.padEnd(9, '0').slice(0, 9));
}

/** The time with nine digits of fraction, so that columns line up. */
export function fixedWidthTimestamp(timestamp: string): string {
  const [, seconds = '', fraction = '', zone = ''] = /^(.{19})(?:\.(\d+))?(.*)$/.exec(timestamp) ?? [];
  return `${seconds}.${fraction.padEnd(9, '0')}${zone === '+00:00' ? 'Z' : zone}`;
}
