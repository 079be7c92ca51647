// A certificate authority of a test's own, for the parts of a cluster. Its keys are of the curve P-256, which takes a
// millisecond each where RSA takes a second.
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { parseIp } from '@berth/common/ip-address.ts';
import {
  bitString,
  boolean,
  explicit,
  implicit,
  integer,
  octetString,
  oid,
  sequence,
  setOf,
  time,
  utf8String,
} from '@berth/kubelet/x509/der.ts';

const hourMs = 3_600_000;

const ecdsaWithSha256 = sequence(oid('1.2.840.10045.4.3.2'));
const ids = {
  commonName: '2.5.4.3',
  organization: '2.5.4.10',
  subjectKey: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKey: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
};
const purposes = { server: '1.3.6.1.5.5.7.3.1', client: '1.3.6.1.5.5.7.3.2' };

/** A certificate and its key, in PEM. */
export interface KeyPair {
  certificate: string;
  key: string;
}

/** What a certificate is for. */
export interface Subject {
  commonName: string;
  /** The groups of a user. */
  organizations?: readonly string[];
  /** DNS names and IP addresses of a server. */
  hosts?: readonly string[];
  purposes: readonly (keyof typeof purposes)[];
  /** From an hour before now to so long after now; a day unless given. */
  validMs?: number;
}

/** Signs certificates. */
export class Authority implements KeyPair {
  readonly certificate: string;
  readonly key: string;
  readonly #name: Buffer;
  readonly #keyId: Buffer;
  readonly #privateKey: KeyObject;

  constructor(commonName: string) {
    const { publicKey, privateKey } = newKeys();
    this.#name = distinguishedName({ commonName });
    this.#keyId = keyIdOf(publicKey);
    this.#privateKey = privateKey;
    this.key = keyPem(privateKey);
    this.certificate = this.#sign(this.#name, publicKey, 30 * 24 * hourMs, [
      // digitalSignature, keyCertSign and cRLSign
      extension(ids.keyUsage, bitString(Buffer.from([0x86]), 1), true),
      extension(ids.basicConstraints, sequence(boolean(true)), true),
      extension(ids.subjectKey, octetString(this.#keyId)),
    ]);
  }

  /** Makes a key and a certificate for it. */
  issue(subject: Subject): KeyPair {
    const { hosts = [], validMs = 24 * hourMs } = subject;
    const { publicKey, privateKey } = newKeys();
    const usages = subject.purposes.map((purpose) => oid(purposes[purpose]));
    const certificate = this.#sign(distinguishedName(subject), publicKey, validMs, [
      // digitalSignature
      extension(ids.keyUsage, bitString(Buffer.from([0x80]), 7), true),
      extension(ids.extendedKeyUsage, sequence(...usages)),
      extension(ids.basicConstraints, sequence(), true),
      extension(ids.authorityKey, sequence(implicit(0, this.#keyId))),
      ...(hosts.length > 0 ? [extension(ids.subjectAltName, sequence(...hosts.map(alternativeName)))] : []),
    ]);
    return { certificate, key: keyPem(privateKey) };
  }

  #sign(subject: Buffer, publicKey: KeyObject, validMs: number, extensions: readonly Buffer[]): string {
    const now = Date.now();
    const serial = randomBytes(16);
    // At most 127 bits, and not 0.
    serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x01;
    const body = sequence(
      explicit(0, integer(Buffer.from([2]))),
      integer(serial),
      ecdsaWithSha256,
      this.#name,
      sequence(time(new Date(now - hourMs)), time(new Date(now + validMs))),
      subject,
      publicKey.export({ type: 'spki', format: 'der' }),
      explicit(3, sequence(...extensions)),
    );
    return pem(sequence(body, ecdsaWithSha256, bitString(sign('sha256', body, this.#privateKey))));
  }
}

/** A key pair for service account tokens: the private key signs them, the public one verifies them. In PEM. */
export function tokenKeys(): { privateKey: string; publicKey: string } {
  const { publicKey, privateKey } = newKeys();
  return {
    privateKey: keyPem(privateKey),
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  };
}

function newKeys(): { publicKey: KeyObject; privateKey: KeyObject } {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

/** As SEC 1, which every part of Kubernetes reads. */
function keyPem(key: KeyObject): string {
  return key.export({ type: 'sec1', format: 'pem' }).toString();
}

function distinguishedName({
  commonName,
  organizations = [],
}: Pick<Subject, 'commonName' | 'organizations'>): Buffer {
  return sequence(
    ...organizations.map((group) => setOf(sequence(oid(ids.organization), utf8String(group)))),
    setOf(sequence(oid(ids.commonName), utf8String(commonName))),
  );
}

function extension(id: string, content: Buffer, isCritical = false): Buffer {
  return sequence(oid(id), ...(isCritical ? [boolean(true)] : []), octetString(content));
}

function alternativeName(host: string): Buffer {
  const address = parseIp(host);
  return address === undefined ? implicit(2, Buffer.from(host)) : implicit(7, address);
}

function keyIdOf(publicKey: KeyObject): Buffer {
  return createHash('sha1')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest();
}

function pem(der: Buffer): string {
  const lines = der.toString('base64').replace(/.{64}/g, '$&\n');
  return `-----BEGIN CERTIFICATE-----\n${lines.trimEnd()}\n-----END CERTIFICATE-----\n`;
}
