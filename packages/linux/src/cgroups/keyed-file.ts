/** Files of lines `NAME NUMBER`, such as memory.stat. Lines of another form are left out. */
export function keyedNumbers(text: string | undefined): Map<string, bigint> {
  const lines = (text ?? '').split('\n').map((line) => line.split(' '));
  return new Map(
    lines.flatMap(([name, value]) =>
      name !== undefined && value !== undefined && /^\d+$/.test(value)
        ? [[name, BigInt(value)] as const]
        : [],
    ),
  );
}

// cgroup v1 shows "no limit" as the highest number of whole pages.
const UNLIMITED_FROM = 1n << 62n;

/** A limit file's bytes; `undefined` for no limit, which v2 writes `max` and v1 a number near 2^63. */
export function limitBytes(text: string | undefined): bigint | undefined {
  if (text === undefined || !/^\d+$/.test(text)) return undefined;
  const bytes = BigInt(text);
  return bytes >= UNLIMITED_FROM ? undefined : bytes;
}
