// What Kubernetes' resource.Quantity holds after it was parsed: its Go struct keeps how the text was written ("0.5" and
// "500m" differ), so the debug print of a pod does too.
import { decimalExponent } from '@berth/common/quantity.ts';

/** The fields of a resource.Quantity. */
export interface GoQuantity {
  /** The amount, value × 10^scale, when 64 bits hold it. */
  small: { value: bigint; scale: number };
  /** The amount otherwise, unscaled × 10^-scale. */
  big?: { unscaled: bigint; scale: number };
  /** The text, where it is the canonical one. */
  text: string;
  format: '' | 'DecimalSI' | 'BinarySI' | 'DecimalExponent';
}

/** A quantity that was not given. */
export const noQuantity: GoQuantity = { small: { value: 0n, scale: 0 }, text: '', format: '' };

const pattern = /^([+-]?)0*(\d*)(?:(\.)(\d*))?(?:([KMGTPE]i)|([numkMGTPE]?)|[eE]([+-]?\d{1,9}))$/;
const binaryExponents: Readonly<Record<string, number>> = { Ki: 10, Mi: 20, Gi: 30, Ti: 40, Pi: 50, Ei: 60 };
const finest = 9;
const max = 2n ** 63n - 1n;

/** The quantity that a text is parsed to; one that is none counts as not given. */
export function parseGoQuantity(text: string): GoQuantity {
  if (text === '0') return { ...noQuantity, text, format: 'DecimalSI' };
  const match = pattern.exec(text);
  if (!match || text === '') return noQuantity;
  const [, sign = '', significant = '', , fraction = '', binary, decimal = '', power] = match;
  const digits = (significant || '0') + fraction;
  const factor = binary === undefined ? 0 : (binaryExponents[binary] ?? 0);
  const exponent = power === undefined ? (decimalExponent[decimal] ?? 0) : Number(power);
  const format = binary !== undefined ? 'BinarySI' : power === undefined ? 'DecimalSI' : 'DecimalExponent';

  const scale = exponent - fraction.length;
  const value = BigInt(digits) * 2n ** BigInt(factor);
  const isSmall =
    binary === undefined
      ? digits.length <= 18 && scale >= -finest
      : fraction === '' && 15 - digits.length - Math.trunc((factor * 3) / 10) - 1 >= 0;
  if (isSmall && value <= max) {
    const isCanonical =
      binary === undefined
        ? scale % 3 === 0 && !digits.endsWith('000') && !digits.startsWith('0')
        : BigInt(digits) % 8n !== 0n;
    return { small: { value: signed(value, sign), scale }, text: isCanonical ? text : '', format };
  }
  return bigQuantity({ sign, value, scale: -scale, format, length: text.length });
}

/** An amount that is no 64-bit number: at most nine decimal places, rounded up. */
function bigQuantity(parsed: {
  sign: string;
  value: bigint;
  scale: number;
  format: GoQuantity['format'];
  length: number;
}): GoQuantity {
  const { sign, value, format, length } = parsed;
  // Go would work for hours on an exponent of a billion; beyond this it changes nothing, or the pod is hostile.
  const scale = Math.max(Math.min(parsed.scale, length + 30), -length - 30);
  const isZero = value === 0n;
  const rounded = isZero ? { unscaled: value, scale: parsed.scale } : rescaled(value, scale, finest);
  const capped =
    format === 'BinarySI' && rounded.unscaled > max * 10n ** BigInt(finest)
      ? { unscaled: max, scale: 0 }
      : rounded;
  const isFraction = !isZero && rounded.unscaled < 10n ** BigInt(finest);
  return {
    small: noQuantity.small,
    big: { unscaled: signed(capped.unscaled, sign), scale: capped.scale },
    text: '',
    format: format === 'BinarySI' && isFraction ? 'DecimalSI' : format,
  };
}

/** The quantity with at most `places` decimal places, rounded away from zero. */
export function roundedUp(quantity: GoQuantity, places: number): GoQuantity {
  const { small, big } = quantity;
  if (big) return { ...quantity, big: rescaled(big.unscaled, big.scale, places), text: '' };
  if (small.scale >= -places) return quantity;
  const { unscaled } = rescaled(small.value, -small.scale, places);
  return { ...quantity, small: { value: unscaled, scale: -places }, text: '' };
}

function rescaled(unscaled: bigint, from: number, to: number): { unscaled: bigint; scale: number } {
  if (to >= from) return { unscaled: unscaled * 10n ** BigInt(to - from), scale: to };
  const divisor = 10n ** BigInt(from - to);
  const quotient = unscaled / divisor;
  const rest = unscaled % divisor;
  return { unscaled: rest === 0n ? quotient : quotient + (unscaled < 0n ? -1n : 1n), scale: to };
}

function signed(value: bigint, sign: string): bigint {
  return sign === '-' ? -value : value;
}
