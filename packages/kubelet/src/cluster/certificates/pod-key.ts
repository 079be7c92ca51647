// Keys of certificates of pods, and the proofs that a request for a certificate has of them.
import { constants, createPublicKey, generateKeyPair, type KeyObject, sign } from 'node:crypto';
import { promisify } from 'node:util';
import { bitString, explicit, integer, oid, sequence } from '../../x509/der.ts';
import { signatureAlgorithm } from '../../x509/fields.ts';

const generate = promisify(generateKeyPair);

const curves: Readonly<Record<string, string>> = {
  ECDSAP256: 'P-256',
  ECDSAP384: 'P-384',
  ECDSAP521: 'P-521',
};
const rsaBits: Readonly<Record<string, number>> = { RSA3072: 3072, RSA4096: 4096 };
const ed25519 = '1.3.101.112';

/** A new key of a type as podCertificate sources name them. */
export async function makePodKey(keyType: string): Promise<KeyObject> {
  const [namedCurve, modulusLength] = [curves[keyType], rsaBits[keyType]];
  if (namedCurve !== undefined) return (await generate('ec', { namedCurve })).privateKey;
  if (modulusLength !== undefined) return (await generate('rsa', { modulusLength })).privateKey;
  if (keyType === 'ED25519') return (await generate('ed25519')).privateKey;
  throw new Error(`while generating keypair: unknown key type ${JSON.stringify(keyType)}`);
}

/** A request (PKCS #10) in DER that names nobody: it holds the public key, and proves that the private one is here. */
export function stubRequest(key: KeyObject): Buffer {
  const info = sequence(integer(Buffer.from([0])), sequence(), publicKey(key), explicit(0, Buffer.alloc(0)));
  if (key.asymmetricKeyType === 'ed25519') {
    return sequence(info, sequence(oid(ed25519)), bitString(sign(null, info, key)));
  }
  const { identifier, digest } = signatureAlgorithm(key);
  return sequence(info, identifier, bitString(sign(digest, info, key)));
}

/** The public key, in DER. */
export function publicKey(key: KeyObject): Buffer {
  return createPublicKey(key).export({ type: 'spki', format: 'der' });
}

/** The proof that API servers before 1.37 ask for: a signature of the pod's UID. */
export function proofOfPossession(key: KeyObject, uid: string): Buffer {
  const text = Buffer.from(uid);
  if (key.asymmetricKeyType === 'ed25519') return sign(null, text, key);
  if (key.asymmetricKeyType === 'ec') return sign('sha256', text, key);
  const { RSA_PKCS1_PSS_PADDING: padding, RSA_PSS_SALTLEN_MAX_SIGN: saltLength } = constants;
  return sign('sha256', text, { key, padding, saltLength });
}
