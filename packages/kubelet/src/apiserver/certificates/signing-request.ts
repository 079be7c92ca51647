// Makes certification requests (PKCS #10, RFC 2986) with the octets that client-go's have, but for the random part of an
// ECDSA signature. So a request can be compared with an earlier one without a decoder. Pure, but for that part.
import { createPublicKey, type KeyObject, sign } from 'node:crypto';
import { bitString, directoryString, explicit, integer, oid, sequence, setOf } from '../../x509/der.ts';
import { signatureAlgorithm, subjectAlternativeNames } from '../../x509/fields.ts';
import { encodePem, pemBlocks } from '../../x509/pem.ts';
import type { CertificateTemplate } from './certificate-template.ts';

const ids = { organization: '2.5.4.10', commonName: '2.5.4.3', extensionRequest: '1.2.840.113549.1.9.14' };
const label = 'CERTIFICATE REQUEST';

/** A request in PEM for what a template says, signed with the private key. */
export function signingRequest(template: CertificateTemplate, key: KeyObject): string {
  const { identifier, digest } = signatureAlgorithm(key);
  const info = requestInfo(template, key);
  return encodePem(label, sequence(info, identifier, bitString(sign(digest, info, key))));
}

/**
 * Whether a request in PEM asks the same as a template, for the same key. It need not check the signature: the API
 * server accepts no request without a valid one.
 */
export function asksFor(pem: string, template: CertificateTemplate, key: KeyObject): boolean {
  const [block] = pemBlocks(pem);
  if (block?.label !== label) return false;
  const { der } = block;
  // The request is a SEQUENCE whose first element is what is signed.
  const header = (der[1] ?? 0) < 0x80 ? 2 : 2 + ((der[1] ?? 0) & 0x7f);
  const info = requestInfo(template, key);
  return der.subarray(header, header + info.length).equals(info);
}

function requestInfo(
  { commonName, organizations, dnsNames, ips }: CertificateTemplate,
  key: KeyObject,
): Buffer {
  const hosts = [...dnsNames, ...ips];
  const attributes =
    hosts.length === 0
      ? []
      : [sequence(oid(ids.extensionRequest), setOf(sequence(subjectAlternativeNames(hosts))))];
  return sequence(
    integer(Buffer.from([0])),
    sequence(
      ...organizations.map((each) => nameOf(ids.organization, each)),
      nameOf(ids.commonName, commonName),
    ),
    createPublicKey(key).export({ type: 'spki', format: 'der' }),
    explicit(0, Buffer.concat(attributes)),
  );
}

function nameOf(id: string, text: string): Buffer {
  return setOf(sequence(oid(id), directoryString(text)));
}
