// The fields that certificates and requests for certificates share (RFC 5280, RFC 2986), in DER.
import type { KeyObject } from 'node:crypto';
import { parseIp } from '@berth/common/ip-address.ts';
import { boolean, implicit, octetString, oid, sequence } from './der.ts';

/** An extension; a critical one must be understood. */
export function extension(id: string, content: Buffer, isCritical = false): Buffer {
  return sequence(oid(id), ...(isCritical ? [boolean(true)] : []), octetString(content));
}

/** The extension subjectAltName of DNS names and IP addresses. */
export function subjectAlternativeNames(hosts: readonly string[]): Buffer {
  return extension('2.5.29.17', sequence(...hosts.map(alternativeName)));
}

function alternativeName(host: string): Buffer {
  const address = parseIp(host);
  return address === undefined ? implicit(2, Buffer.from(host)) : implicit(7, address);
}

/** How a key signs: the algorithm's identifier, and the name of its digest for node:crypto. */
export interface SignatureAlgorithm {
  identifier: Buffer;
  digest: 'sha256' | 'sha384' | 'sha512';
}

/** The algorithm that client-go chooses for a private key. Throws for anything but RSA and ECDSA. */
export function signatureAlgorithm({
  asymmetricKeyType: type,
  asymmetricKeyDetails: details,
}: KeyObject): SignatureAlgorithm {
  if (type === 'rsa') return rsaAlgorithm(details?.modulusLength ?? 0);
  if (type === 'ec') return ecdsaAlgorithm(details?.namedCurve);
  throw new Error(`a private key of type ${type} cannot be used; RSA and ECDSA can`);
}

function rsaAlgorithm(bits: number): SignatureAlgorithm {
  const make = (id: string, digest: SignatureAlgorithm['digest']): SignatureAlgorithm => ({
    identifier: sequence(oid(id), Buffer.from([0x05, 0x00])),
    digest,
  });
  if (bits >= 4096) return make('1.2.840.113549.1.1.13', 'sha512');
  return bits >= 3072 ? make('1.2.840.113549.1.1.12', 'sha384') : make('1.2.840.113549.1.1.11', 'sha256');
}

function ecdsaAlgorithm(curve: string | undefined): SignatureAlgorithm {
  const make = (id: string, digest: SignatureAlgorithm['digest']): SignatureAlgorithm => ({
    identifier: sequence(oid(id)),
    digest,
  });
  if (curve === 'secp521r1') return make('1.2.840.10045.4.3.4', 'sha512');
  return curve === 'secp384r1'
    ? make('1.2.840.10045.4.3.3', 'sha384')
    : make('1.2.840.10045.4.3.2', 'sha256');
}
