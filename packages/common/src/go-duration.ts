// Durations in the syntax of Go's time.ParseDuration and Duration.String: "1m30s", "300ms", "-1.5h", "0".

const unitMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** Go counts nanoseconds in an int64. */
const maxMs = 2 ** 63 / 1e6;

/** The duration in milliseconds, undefined for a text that Go does not accept. */
export function parseGoDuration(text: string): number | undefined {
  const parsed = parse(text);
  return typeof parsed === 'number' ? parsed : undefined;
}

/** Why Go does not accept a text, such as `time: missing unit in duration "5"`; undefined when it does. */
export function goDurationProblem(text: string): string | undefined {
  const parsed = parse(text);
  return typeof parsed === 'number' ? undefined : parsed.problem;
}

function parse(text: string): number | { problem: string } {
  const problem = (reason: string) => ({ problem: `time: ${reason}duration "${text}"` });
  let rest = text.replace(/^[+-]/, '');
  if (rest === '0') return 0;
  if (rest === '') return problem('invalid ');
  let total = 0;
  while (rest !== '') {
    const [part = '', number = '', unit = ''] = /^(\d*\.?\d*)([^\d.]*)/.exec(rest) ?? [];
    if (!/\d/.test(number)) return problem('invalid ');
    if (unit === '') return problem('missing unit in ');
    if (!Object.hasOwn(unitMs, unit)) return problem(`unknown unit "${unit}" in `);
    total += Number(number) * (unitMs[unit] ?? 0);
    rest = rest.slice(part.length);
  }
  if (total >= maxMs) return problem('invalid ');
  return text.startsWith('-') ? -total : total;
}

/** The duration as Go prints it: 10s, 1m20s, 1h0m0s, 1.5s, 500ms, 250µs, 0s. */
export function formatGoDuration(milliseconds: number): string {
  const sign = milliseconds < 0 ? '-' : '';
  const ms = Math.abs(milliseconds);
  const nanoseconds = Math.round(ms * 1e6);
  if (nanoseconds === 0) return '0s';
  if (nanoseconds < 1e3) return `${sign}${nanoseconds}ns`;
  if (nanoseconds < 1e6) return `${sign}${nanoseconds / 1e3}µs`;
  if (nanoseconds < 1e9) return `${sign}${nanoseconds / 1e6}ms`;
  const minutes = Math.floor(ms / 60_000);
  const seconds = `${Number(((ms % 60_000) / 1000).toFixed(9))}s`;
  if (minutes === 0) return sign + seconds;
  return minutes < 60
    ? `${sign}${minutes}m${seconds}`
    : `${sign}${Math.floor(minutes / 60)}h${minutes % 60}m${seconds}`;
}
