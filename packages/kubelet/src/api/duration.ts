// Go's durations, as flags and configuration files write them: "1m30s", "300ms", "1.5h", "0".
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

/** The duration in milliseconds. Throws a RangeError for anything that Go would not read. */
export function parseDuration(text: string): number {
  const [, sign = '', magnitude = ''] = /^([+-]?)(.*)$/.exec(text) ?? [];
  if (magnitude === '0') return 0;
  if (!/^((\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h))+$/.test(magnitude)) {
    throw new RangeError(`invalid duration ${JSON.stringify(text)}: write it as in "1m30s" or "300ms"`);
  }
  let total = 0;
  for (const [, number, unit = ''] of magnitude.matchAll(/([\d.]+)([a-zµμ]+)/g)) {
    total += Number(number) * (unitMs[unit] ?? 0);
  }
  return sign === '-' ? -total : total;
}

/** A duration as Go prints it: 10s, 1m20s, 5m0s, 1h0m0s, 500ms. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0s';
  if (ms < 1000) return `${ms}ms`;
  const seconds = ms / 1000;
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
  const rest = `${Number((seconds % 60).toFixed(3))}s`;
  if (hours > 0) return `${hours}h${minutes}m${rest}`;
  return minutes > 0 ? `${minutes}m${rest}` : rest;
}
