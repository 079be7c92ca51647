// Numbers and booleans as texts.
import type { Scalar } from './scalar.ts';

/** A scalar as a Go tool makes a text of it: where a key is a number, or a text is wanted and a number is written. */
export function goText(value: Scalar): string {
  if (typeof value !== 'number' || Number.isInteger(value)) return String(value);
  return String(Math.fround(value) === value ? value : shortestFloat32(value));
}

/** Go writes such numbers with the digits that a 32-bit float needs. */
function shortestFloat32(value: number): number {
  const rounded = Math.fround(value);
  for (let digits = 1; digits < 9; digits++) {
    const candidate = Number(rounded.toPrecision(digits));
    if (Math.fround(candidate) === rounded) return candidate;
  }
  return rounded;
}
