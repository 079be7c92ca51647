// Converts numbers and booleans to strings.
import type { Scalar } from './scalar.ts';

/** The string that Go tools make of a scalar, for a key, or for a number in place of a string. */
export function goText(value: Scalar): string {
  if (typeof value !== 'number' || Number.isInteger(value)) return String(value);
  return String(Math.fround(value) === value ? value : shortestFloat32(value));
}

/** Go formats such numbers with the precision of a 32-bit float. */
function shortestFloat32(value: number): number {
  const rounded = Math.fround(value);
  for (let digits = 1; digits < 9; digits++) {
    const candidate = Number(rounded.toPrecision(digits));
    if (Math.fround(candidate) === rounded) return candidate;
  }
  return rounded;
}
