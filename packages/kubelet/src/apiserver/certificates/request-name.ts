// The name of the object with which a node asks for its first certificate. Pure.
import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import type { CertificateTemplate } from './certificate-template.ts';

/**
 * `node-csr-` and a digest of what is asked for, as the real kubelet has it: a kubelet that starts again with the same
 * key finds the request that it made before.
 */
export function requestName(
  key: KeyObject,
  { commonName, organizations }: CertificateTemplate,
  usages: readonly string[],
): string {
  const hash = createHash('sha512-256');
  const publicKey = createPublicKey(key).export({ type: 'spki', format: 'der' });
  for (const part of [
    publicKey,
    ...[commonName, ...organizations, ...usages].map((text) => Buffer.from(text)),
  ]) {
    // The separator is not in the alphabet of base64url, so that no two lists of parts make the same input.
    hash.update(`${part.toString('base64url')}|`);
  }
  return `node-csr-${hash.digest('base64url')}`;
}
