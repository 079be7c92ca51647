// Parses the time of `--since`.
import { parseGoDuration } from '@berth/common/go-duration.ts';

/**
 * Unix nanoseconds of `text`: a duration before `nowMs` (42m), a date or time (2013-01-02,
 * 2013-01-02T13:23, with Z or an offset, else local), or Unix seconds (1136073600.000000001).
 */
export function parseSince(text: string, nowMs: number): bigint {
  const duration = text === '0' ? undefined : parseGoDuration(text);
  if (duration !== undefined) return BigInt(Math.floor((nowMs - duration) / 1000)) * 1_000_000_000n;
  const date =
    /^(\d{4}-\d\d-\d\d)(?:T(\d\d)(?::(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)?)?(Z|[-+]\d\d:\d\d)?$/i.exec(text);
  if (date) {
    const [, day = '', hour = '00', minute = '00', second = '00', fraction = '', zone = ''] = date;
    const milliseconds = Date.parse(`${day}T${hour}:${minute}:${second}${zone.toUpperCase()}`);
    if (!Number.isNaN(milliseconds)) return BigInt(milliseconds) * 1_000_000n + nanoseconds(fraction);
    throw new Error(`parsing time "${text}": ${outOfRange(day, hour, minute)} out of range`);
  }
  const unix = /^([+-]?\d+)(?:\.(\d+))?$/.exec(text);
  if (unix) return BigInt(unix[1] ?? 0) * 1_000_000_000n + nanoseconds(unix[2] ?? '');
  throw new Error(`failed to parse value as time or duration: "${text}"`);
}

function nanoseconds(fraction: string): bigint {
  return BigInt(fraction.padEnd(9, '0').slice(0, 9));
}

/** The part of a well-formed time that is out of range. */
function outOfRange(day: string, hour: string, minute: string): string {
  const month = Number(day.slice(5, 7));
  if (month < 1 || month > 12) return 'month';
  if (Number.isNaN(Date.parse(`${day}T00:00:00Z`))) return 'day';
  if (Number(hour) > 23) return 'hour';
  return Number(minute) > 59 ? 'minute' : 'second';
}
