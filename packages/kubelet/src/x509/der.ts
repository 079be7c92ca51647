// Encodes the ASN.1 types of certificates and certificate requests in DER (X.690). Only encodes: OpenSSL, in node:crypto,
// decodes and signs.

/** Tags of the types. */
const tag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utf8String: 0x0c,
  printableString: 0x13,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** One value with its tag and length. */
function value(type: number, content: Uint8Array): Buffer {
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.from([type, length]), content]);
  const digits = length.toString(16);
  const octets = Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex');
  return Buffer.concat([Buffer.from([type, 0x80 | octets.length]), octets, content]);
}

/** SEQUENCE of encoded values. */
export function sequence(...items: readonly Uint8Array[]): Buffer {
  return value(tag.sequence, Buffer.concat(items));
}

/** SET of one encoded value. */
export function setOf(item: Uint8Array): Buffer {
  return value(tag.set, item);
}

/** BOOLEAN. */
export function boolean(is: boolean): Buffer {
  return value(tag.boolean, Buffer.from([is ? 0xff : 0x00]));
}

/** A positive INTEGER in big-endian octets. */
export function integer(octets: Uint8Array): Buffer {
  const start = octets.findIndex((octet) => octet !== 0);
  const digits = start === -1 ? Buffer.from([0]) : Buffer.from(octets.subarray(start));
  const isNegative = (digits[0] ?? 0) >= 0x80;
  return value(tag.integer, isNegative ? Buffer.concat([Buffer.from([0]), digits]) : digits);
}

/** OBJECT IDENTIFIER, as in `2.5.4.3`. */
export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const octets = [first * 40 + second, ...rest].flatMap((arc) => {
    const groups = [arc & 0x7f];
    for (let left = arc >>> 7; left > 0; left >>>= 7) groups.unshift((left & 0x7f) | 0x80);
    return groups;
  });
  return value(tag.oid, Buffer.from(octets));
}

/** UTF8String. */
export function utf8String(text: string): Buffer {
  return value(tag.utf8String, Buffer.from(text));
}

/** PrintableString, or UTF8String for what that cannot hold: the choice of Go's encoder, which leaves out `*` and `&`. */
export function directoryString(text: string): Buffer {
  return /^[A-Za-z0-9 '()+,\-./:=?]*$/.test(text)
    ? value(tag.printableString, Buffer.from(text))
    : utf8String(text);
}

/** OCTET STRING. */
export function octetString(octets: Uint8Array): Buffer {
  return value(tag.octetString, octets);
}

/** BIT STRING of which the last `unused` bits do not count. */
export function bitString(octets: Uint8Array, unused = 0): Buffer {
  return value(tag.bitString, Buffer.concat([Buffer.from([unused]), octets]));
}

/** Time of a certificate to the second: UTCTime before 2050, GeneralizedTime after. */
export function time(date: Date): Buffer {
  const digits = `${date.toISOString().slice(0, 19).replace(/\D/g, '')}Z`;
  return date.getUTCFullYear() < 2050
    ? value(tag.utcTime, Buffer.from(digits.slice(2)))
    : value(tag.generalizedTime, Buffer.from(digits));
}

/** `[number] EXPLICIT`: an encoded value in another tag. */
export function explicit(number: number, item: Uint8Array): Buffer {
  return value(0xa0 | number, item);
}

/** `[number] IMPLICIT` of a type without parts. */
export function implicit(number: number, content: Uint8Array): Buffer {
  return value(0x80 | number, content);
}
