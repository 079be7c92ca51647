// Makes the certificate with which a kubelet serves until it is given one: signed by an authority that is made with it
// and whose key is thrown away, as the real kubelet does.
import { createHash, generateKeyPair, type KeyObject, randomBytes, sign } from 'node:crypto';
import { promisify } from 'node:util';
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
} from '../../x509/der.ts';
import { extension, signatureAlgorithm, subjectAlternativeNames } from '../../x509/fields.ts';
import { encodePem } from '../../x509/pem.ts';

const hourMs = 3_600_000;
const validMs = 365 * 24 * hourMs;

const ids = {
  commonName: '2.5.4.3',
  subjectKey: '2.5.29.14',
  keyUsage: '2.5.29.15',
  basicConstraints: '2.5.29.19',
  authorityKey: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
};
/** Bits of keyUsage. */
const usage = { digitalSignature: 0x80, keyEncipherment: 0x20, certSign: 0x04 };

/** A certificate with its authority's behind it, and its key, in PEM. */
export interface SelfSigned {
  cert: string;
  key: string;
}

/** Makes a certificate for `host`, a name or an IP address, that is valid for a year from an hour before `now`. */
export async function selfSignedCertificate(host: string, now: Date): Promise<SelfSigned> {
  const make = promisify(generateKeyPair);
  const [authority, server] = await Promise.all([
    make('rsa', { modulusLength: 2048 }),
    make('rsa', { modulusLength: 2048 }),
  ]);
  const seconds = Math.floor(now.getTime() / 1000);
  const issuer = name(`${host}-ca@${seconds}`);
  const keyId = keyIdOf(authority.publicKey);
  const common = { issuer, now, signer: authority.privateKey };
  const authorityCert = certificate({
    ...common,
    subject: issuer,
    publicKey: authority.publicKey,
    extensions: [
      keyUsage(usage.digitalSignature | usage.keyEncipherment | usage.certSign),
      extension(ids.basicConstraints, sequence(boolean(true)), true),
      extension(ids.subjectKey, octetString(keyId)),
    ],
  });
  const cert = certificate({
    ...common,
    subject: name(`${host}@${seconds}`),
    publicKey: server.publicKey,
    extensions: [
      keyUsage(usage.digitalSignature | usage.keyEncipherment),
      extension(ids.extendedKeyUsage, sequence(oid(ids.serverAuth))),
      extension(ids.basicConstraints, sequence(), true),
      extension(ids.authorityKey, sequence(implicit(0, keyId))),
      subjectAlternativeNames([host]),
    ],
  });
  return {
    cert: encodePem('CERTIFICATE', cert) + encodePem('CERTIFICATE', authorityCert),
    key: server.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
  };
}

interface Certificate {
  subject: Buffer;
  issuer: Buffer;
  publicKey: KeyObject;
  signer: KeyObject;
  now: Date;
  extensions: readonly Buffer[];
}

function certificate({ subject, issuer, publicKey, signer, now, extensions }: Certificate): Buffer {
  const from = new Date(now.getTime() - hourMs);
  const serial = randomBytes(8);
  // At most 63 bits, and not 0.
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x01;
  const { identifier, digest } = signatureAlgorithm(signer);
  const body = sequence(
    explicit(0, integer(Buffer.from([2]))),
    integer(serial),
    identifier,
    issuer,
    sequence(time(from), time(new Date(from.getTime() + validMs))),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    explicit(3, sequence(...extensions)),
  );
  return sequence(body, identifier, bitString(sign(digest, body, signer)));
}

function name(commonName: string): Buffer {
  return sequence(setOf(sequence(oid(ids.commonName), utf8String(commonName))));
}

function keyUsage(bits: number): Buffer {
  const unused = 31 - Math.clz32(bits & -bits);
  return extension(ids.keyUsage, bitString(Buffer.from([bits]), unused), true);
}

/** The identifier of a key that its certificate and those that it signs have (RFC 5280, 4.2.1.2). */
function keyIdOf(publicKey: KeyObject): Buffer {
  return createHash('sha1')
    .update(publicKey.export({ type: 'pkcs1', format: 'der' }))
    .digest();
}
