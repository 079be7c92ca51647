// The Huffman code of header strings (RFC 7541, section 5.2 and appendix B).

/**
 * How many bits each octet's code has, from octet 0 to 255 and last the end of the string: a digit of base 36
 * each. The code is canonical, so that this says all: shorter codes come first, equally long ones by octet.
 */
const lengths =
  'dnsssssssoussussssssssusssssssss6aacd68baa8b8666555666666678f6cad67777777777777777777777878djde6f565' +
  '65666577666567655677777fbedskmkkmmmnmnnnnnonoomnonnnnlmnmnnomlkmmnnlnmmolmnnllmlnmnnkmmmnmmnqqkjmnmp' +
  'qqqrrqopjlqrrqrollqqsrrrkoklmllnmmppooqnqrqqrrrrrsrrrrrqu';

/** Of the codes with as many bits as the index says: how many there are, and the first one's octet. */
let octetsByLength: number[][] | undefined;

function canonicalCode(): number[][] {
  const byLength: number[][] = Array.from({ length: 31 }, () => []);
  for (let octet = 0; octet < 256; octet++) byLength[Number.parseInt(lengths.charAt(octet), 36)]?.push(octet);
  return byLength;
}

/** Pure: the octets that `coded` stands for; throws when it is no such code. */
export function huffmanDecode(coded: Uint8Array): Buffer {
  octetsByLength ??= canonicalCode();
  const octets: number[] = [];
  // The code read so far, its bits, and the first code of that many bits.
  let code = 0;
  let bits = 0;
  let first = 0;
  let onlyOnes = true;
  for (const byte of coded) {
    for (let shift = 7; shift >= 0; shift--) {
      const bit = (byte >> shift) & 1;
      code = code * 2 + bit;
      first *= 2;
      bits++;
      if (bit === 0) onlyOnes = false;
      const ofLength = octetsByLength[bits];
      if (ofLength === undefined) throw new Error('a header string has the code of its end inside');
      const octet = ofLength[code - first];
      if (octet === undefined) {
        first += ofLength.length;
        continue;
      }
      octets.push(octet);
      code = 0;
      bits = 0;
      first = 0;
      onlyOnes = true;
    }
  }
  if (bits > 7 || !onlyOnes) throw new Error('a header string ends within a code');
  return Buffer.from(octets);
}
