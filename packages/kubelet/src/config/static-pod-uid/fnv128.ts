// The hash that the real kubelet makes UIDs of: FNV-1a with 128 bits.
// https://www.rfc-editor.org/rfc/rfc9923

/** The hash of a text's bytes, in hexadecimal. */
export function fnv128a(text: string): string {
  // The offset basis in limbs of 32 bits, the lowest first.
  let [a, b, c, d] = [0x6295c58d, 0x62b82175, 0x07bb0142, 0x6c62272e];
  for (const byte of Buffer.from(text)) {
    a = (a ^ byte) >>> 0;
    // Times the prime, 2^88 + 315. No sum is beyond 2^42, so that doubles hold them.
    const low = a * 315;
    const second = b * 315 + high(low);
    const third = c * 315 + high(second) + ((a << 24) >>> 0);
    const fourth = d * 315 + high(third) + (a >>> 8) + ((b << 24) >>> 0);
    a = low >>> 0;
    b = second >>> 0;
    c = third >>> 0;
    d = fourth >>> 0;
  }
  return [d, c, b, a].map((limb) => limb.toString(16).padStart(8, '0')).join('');
}

/** What a sum carries to the next limb. */
function high(sum: number): number {
  return Math.floor(sum / 2 ** 32);
}
