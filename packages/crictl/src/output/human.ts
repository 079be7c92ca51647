// Formats ages, sizes and ids for people.

/** A duration as Docker's go-units prints it ("About a minute", "5 hours"); `milliseconds` may be negative. */
export function humanDuration(milliseconds: number): string {
  const seconds = Math.trunc(milliseconds / 1000);
  const minutes = Math.trunc(milliseconds / 60_000);
  const exactHours = milliseconds / 3_600_000;
  const hours = Math.trunc(exactHours + 0.5);
  if (seconds < 1) return 'Less than a second';
  if (seconds === 1) return '1 second';
  if (seconds < 60) return `${seconds} seconds`;
  if (minutes === 1) return 'About a minute';
  if (minutes < 60) return `${minutes} minutes`;
  if (hours === 1) return 'About an hour';
  if (hours < 48) return `${hours} hours`;
  if (hours < 24 * 7 * 2) return `${Math.trunc(hours / 24)} days`;
  if (hours < 24 * 30 * 2) return `${Math.trunc(hours / 24 / 7)} weeks`;
  if (hours < 24 * 365 * 2) return `${Math.trunc(hours / 24 / 30)} months`;
  return `${Math.trunc(Math.trunc(exactHours) / 24 / 365)} years`;
}

/** How long ago a Unix time in nanoseconds was. */
export function ago(unixNano: bigint, nowMs: number = Date.now()): string {
  return `${humanDuration(nowMs - Number(unixNano / 1000n) / 1000)} ago`;
}

/** Bytes with decimal units and three significant digits: `2.21MB`. */
export function humanSize(bytes: bigint, digits = 3): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB', 'ZB', 'YB'];
  let size = Number(bytes);
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${general(size, digits)}${units[unit]}`;
}

/** C's %g: the shorter of plain and exponent notation at `digits` significant digits. */
function general(value: number, digits: number): string {
  if (value === 0) return '0';
  const [mantissa = '', exponentText = '0'] = value.toExponential(digits - 1).split('e');
  const exponent = Number(exponentText);
  if (exponent >= -4 && exponent < digits) return String(Number(value.toPrecision(digits)));
  const sign = exponent < 0 ? '-' : '+';
  return `${String(Number(mantissa))}e${sign}${String(Math.abs(exponent)).padStart(2, '0')}`;
}

/** The first 13 characters of an id, without `prefix`. */
export function truncateId(id: string, prefix = ''): string {
  return (id.startsWith(prefix) ? id.slice(prefix.length) : id).slice(0, 13);
}
