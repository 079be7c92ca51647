/** Parses a file of lines `NAME NUMBER`, such as memory.stat; ignores other lines. */
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

/** One number of such a file, without parsing the others; `undefined` when it is absent. */
export function keyedNumber(text: string | undefined, name: string): bigint | undefined {
  if (text === undefined) return undefined;
  const key = `${name} `;
  const line = text.startsWith(key) ? 0 : text.indexOf(`\n${key}`) + 1;
  if (line === 0 && !text.startsWith(key)) return undefined;
  const end = text.indexOf('\n', line);
  return numberIn(text.slice(line + key.length, end === -1 ? undefined : end));
}

/** Parses a file that is one number; `undefined` for anything else. */
export function numberIn(text: string | undefined): bigint | undefined {
  return text !== undefined && /^\d+$/.test(text) ? BigInt(text) : undefined;
}

// cgroup v1 writes "no limit" as the largest multiple of the page size.
const unlimitedFrom = 1n << 62n;

/** A limit file's bytes; `undefined` for no limit, which v2 writes `max` and v1 a number near 2^63. */
export function limitBytes(text: string | undefined): bigint | undefined {
  const bytes = numberIn(text);
  return bytes === undefined || isUnlimited(bytes) ? undefined : bytes;
}

/** Whether a number of cgroup v1 means no limit. */
export function isUnlimited(bytes: bigint): boolean {
  return bytes >= unlimitedFrom;
}
