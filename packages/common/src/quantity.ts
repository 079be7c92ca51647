// Kubernetes quantities ("500m", "1.5Gi", "2e3") without loss: a whole number of 10⁻⁹ units.
// https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/

/** A quantity; `nanos` is its value times 10⁹, `format` the kind of suffix it was written with. */
export interface Quantity {
  nanos: bigint;
  format: 'BinarySI' | 'DecimalSI' | 'DecimalExponent';
}

const nanosPerUnit = 1_000_000_000n;
const max = (2n ** 63n - 1n) * nanosPerUnit;

const binaryPower: Readonly<Record<string, bigint>> = { Ki: 1n, Mi: 2n, Gi: 3n, Ti: 4n, Pi: 5n, Ei: 6n };
/** The power of ten of each decimal suffix. */
export const decimalExponent: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  '': 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};

/**
 * Parses a quantity as manifests write it: a text, or a bare number. Finer than 10⁻⁹ is rounded up (away from
 * zero), more than 2⁶³−1 is capped, and a sign, point or suffix without digits is 0, as Kubernetes has it. Throws a
 * RangeError with Kubernetes' wording.
 *
 * @example
 * assert.equal(formatQuantity(parseQuantity('1.5Gi')), '1536Mi');
 * assert.equal(bytes('1.5Gi'), 1_610_612_736n);
 * assert.equal(cpuMillis('0.25'), 250);
 * assert.ok(compareQuantities('1G', '1Gi') < 0);
 */
export function parseQuantity(input: string | number): Quantity {
  const text = String(input);
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:([KMGTPE]i)|([numkMGTPE]?)|[eE]([+-]?\d{1,9}))$/.exec(text);
  const [, sign = '', whole = '', fraction = '', binary, decimal = '', exponent] = match ?? [];
  if (!match || text === '') throw new RangeError(invalidQuantity);
  const digits = BigInt(whole + fraction);
  let numerator = digits * nanosPerUnit;
  let denominator = 10n ** BigInt(fraction.length);
  if (binary !== undefined) numerator *= 1024n ** (binaryPower[binary] ?? 0n);
  else {
    const power =
      exponent === undefined ? (decimalExponent[decimal] ?? 0) : clamped(Number(exponent), text.length + 30);
    if (power >= 0) numerator *= 10n ** BigInt(power);
    else denominator *= 10n ** BigInt(-power);
  }
  const magnitude = capped(divideUp(numerator, denominator));
  const format = binary ? 'BinarySI' : exponent === undefined ? 'DecimalSI' : 'DecimalExponent';
  return { nanos: sign === '-' ? -magnitude : magnitude, format };
}

const invalidQuantity =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

/** Beyond `bound` on either side an exponent changes nothing any more: the value is capped, or rounded to 10⁻⁹. */
function clamped(exponent: number, bound: number): number {
  return Math.max(-bound, Math.min(bound, exponent));
}

function capped(nanos: bigint): bigint {
  return nanos > max ? max : nanos;
}

/** The canonical text: no fraction, the largest suffix that keeps every digit; "1.5Gi" gives "1536Mi". */
export function formatQuantity({ nanos, format }: Quantity): string {
  if (nanos === 0n) return '0';
  const sign = nanos < 0n ? '-' : '';
  const magnitude = nanos < 0n ? -nanos : nanos;
  if (format === 'BinarySI' && magnitude >= 1024n * nanosPerUnit)
    return sign + formatBinary(divideUp(magnitude, nanosPerUnit));
  return sign + formatDecimal(magnitude, format === 'DecimalExponent');
}

function formatBinary(units: bigint): string {
  let value = units;
  let power = 0n;
  while (value % 1024n === 0n && power < 6n) {
    value /= 1024n;
    power += 1n;
  }
  const suffix = Object.entries(binaryPower).find(([, entry]) => entry === power)?.[0] ?? '';
  return `${value}${suffix}`;
}

function formatDecimal(nanos: bigint, asExponent: boolean): string {
  let value = nanos;
  let exponent = -9;
  while (value % 1000n === 0n && exponent < 18) {
    value /= 1000n;
    exponent += 3;
  }
  if (asExponent) return exponent === 0 ? `${value}` : `${value}e${exponent}`;
  const suffix = Object.entries(decimalExponent).find(([, entry]) => entry === exponent)?.[0] ?? '';
  return `${value}${suffix}`;
}

/** Thousandths of the unit, rounded up: CPU as the cgroup arithmetic wants it. */
export function cpuMillis(input: string | number): number {
  return Number(divideUp(parseQuantity(input).nanos, nanosPerUnit / 1000n));
}

/** Whole units, rounded up: bytes of memory or disk, number of huge pages' bytes, pids. */
export function bytes(input: string | number): bigint {
  return divideUp(parseQuantity(input).nanos, nanosPerUnit);
}

/** Whether it is a whole number of units. */
export function isWhole(input: string | number): boolean {
  return parseQuantity(input).nanos % nanosPerUnit === 0n;
}

/** Negative, zero or positive as `a` is less than, equal to or more than `b`. */
export function compareQuantities(a: string | number, b: string | number): number {
  const difference = parseQuantity(a).nanos - parseQuantity(b).nanos;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** Division that rounds away from zero. */
function divideUp(numerator: bigint, denominator: bigint): bigint {
  const quotient = numerator / denominator;
  if (numerator % denominator === 0n) return quotient;
  return numerator < 0n ? quotient - 1n : quotient + 1n;
}
