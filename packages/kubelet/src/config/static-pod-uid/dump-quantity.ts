// Prints a quantity of a manifest with the fields of its Go struct.
import { noQuantity, parseGoQuantity, roundedUp } from './quantity.ts';

/** The text of a quantity as the manifest has it, text or number; with `places`, rounded up to so many decimals. */
export function dumpQuantity(value: unknown, places?: number): string {
  const isGiven = typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint';
  const parsed = isGiven ? parseGoQuantity(String(value).trim()) : noQuantity;
  const { small, big, text, format } = places === undefined ? parsed : roundedUp(parsed, places);
  const dec =
    big === undefined
      ? '<nil>'
      : `{unscaled:(big.Int){neg:(bool)${big.unscaled < 0n} abs:(big.nat)${dumpNatural(big.unscaled)}} scale:(inf.Scale)${big.scale}}`;
  return `{i:(resource.int64Amount){value:(int64)${small.value} scale:(resource.Scale)${small.scale}} d:(resource.infDecAmount){Dec:(*inf.Dec)${dec}} s:(string)${text} Format:(resource.Format)${format}}`;
}

/** The 64-bit words of a big number's magnitude, the lowest first. */
function dumpNatural(value: bigint): string {
  const words: bigint[] = [];
  for (let rest = value < 0n ? -value : value; rest > 0n; rest >>= 64n) words.push(BigInt.asUintN(64, rest));
  return words.length === 0 ? '<nil>' : `[${words.join(' ')}]`;
}
