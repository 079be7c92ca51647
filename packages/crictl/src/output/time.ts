// Formats Unix nanoseconds as Go does, in the local time zone.

interface Parts {
  date: string;
  time: string;
  /** `.123456789` without trailing zeros, or nothing. */
  fraction: string;
  offsetMinutes: number;
  zone: string;
}

function parts(unixNano: bigint): Parts {
  const seconds = unixNano / 1_000_000_000n - (unixNano % 1_000_000_000n < 0n ? 1n : 0n);
  const nanos = unixNano - seconds * 1_000_000_000n;
  const at = new Date(Number(seconds) * 1000);
  const offsetMinutes = -at.getTimezoneOffset();
  const local = new Date(at.getTime() + offsetMinutes * 60_000).toISOString();
  const digits = String(nanos).padStart(9, '0').replace(/0+$/, '');
  const zone = offsetMinutes === 0 ? 'UTC' : zoneName(at);
  return {
    date: local.slice(0, 10),
    time: local.slice(11, 19),
    fraction: digits && `.${digits}`,
    offsetMinutes,
    zone,
  };
}

function zoneName(at: Date): string {
  const named = new Intl.DateTimeFormat('en-US', { timeZoneName: 'short' }).formatToParts(at);
  return named.find((part) => part.type === 'timeZoneName')?.value ?? '';
}

function offset(minutes: number, separator: string): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const size = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}${separator}${two(size % 60)}`;
}

/** `2026-11-23T20:33:00.5Z`. */
export function rfc3339Nano(unixNano: bigint): string {
  const { date, time, fraction, offsetMinutes } = parts(unixNano);
  return `${date}T${time}${fraction}${offsetMinutes === 0 ? 'Z' : offset(offsetMinutes, ':')}`;
}

/** `2026-11-23 20:33:00.5 +0000 UTC`. */
export function goTime(unixNano: bigint): string {
  const { date, time, fraction, offsetMinutes, zone } = parts(unixNano);
  return `${date} ${time}${fraction} ${offset(offsetMinutes, '')} ${zone}`;
}

/** Go's zero time, printed for an unset time. */
export const zeroTime = '0001-01-01T00:00:00Z';
