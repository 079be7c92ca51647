// Takes DER apart, for tests: the kubelet itself never decodes it.

/** One element. */
export interface DerElement {
  /** With its tag and length. */
  whole: Buffer;
  content: Buffer;
}

/** The elements of a sequence of them, such as the content of a SEQUENCE. */
export function elements(der: Uint8Array): DerElement[] {
  const octets = Buffer.from(der);
  const found: DerElement[] = [];
  for (let at = 0; at < octets.length; ) {
    const short = octets[at + 1] ?? 0;
    const lengthOctets = short < 0x80 ? 0 : short & 0x7f;
    const length = lengthOctets === 0 ? short : octets.readUIntBE(at + 2, lengthOctets);
    const start = at + 2 + lengthOctets;
    found.push({
      whole: octets.subarray(at, start + length),
      content: octets.subarray(start, start + length),
    });
    at = start + length;
  }
  return found;
}
