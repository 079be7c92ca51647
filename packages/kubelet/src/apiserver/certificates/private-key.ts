// Private keys of certificates: made, read and kept.
import { createPrivateKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { hasCode } from '@berth/common/error-code.ts';
import { messageOf } from '@berth/common/error-message.ts';
import { makeDirectories } from '@berth/common/files/directories.ts';
import { replaceFile } from '@berth/common/files/replace-file.ts';
import { pemBlocks } from '../../x509/pem.ts';

/** A new ECDSA key on P-256. */
export async function makeKey(): Promise<KeyObject> {
  return (await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' })).privateKey;
}

/** A key in PEM, in the form that client-go writes: `EC PRIVATE KEY` or `RSA PRIVATE KEY`. */
export function keyPem(key: KeyObject): string {
  const type = key.asymmetricKeyType === 'rsa' ? 'pkcs1' : 'sec1';
  return key.export({ type, format: 'pem' }).toString();
}

/** The first private key, RSA or ECDSA, in a PEM text; undefined without any. */
export function parseKey(pem: string): KeyObject | undefined {
  for (const { label, text } of pemBlocks(pem)) {
    if (!/^(?:(?:EC|RSA) )?PRIVATE KEY$/.test(label)) continue;
    try {
      const key = createPrivateKey(text);
      if (key.asymmetricKeyType === 'rsa' || key.asymmetricKeyType === 'ec') return key;
    } catch {
      // A later block may hold a key that can be used.
    }
  }
  return undefined;
}

/**
 * The key in a file that only this user can read; makes it when there is none. Throws when the file holds something
 * else, which is not for the kubelet to overwrite.
 */
export async function loadOrMakeKey(path: string): Promise<KeyObject> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw new Error(`error loading key from ${path}: ${messageOf(error)}`);
    const key = await makeKey();
    await makeDirectories(dirname(path), 0o700);
    await replaceFile(path, keyPem(key), { mode: 0o600 });
    return key;
  }
  const key = parseKey(text);
  if (key === undefined) {
    throw new Error(
      `error loading key from ${path}: data does not contain a valid RSA or ECDSA private key; remove the file`,
    );
  }
  return key;
}
