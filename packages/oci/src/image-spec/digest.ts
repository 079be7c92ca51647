import { createHash, type Hash } from 'node:crypto';
import { quoted } from '@berth/common/printable.ts';

declare const digestBrand: unique symbol;

/** A content address, `sha256:` or `sha512:` and lower-case hex: the two algorithms that the OCI image spec registers. */
export type Digest = string & { readonly [digestBrand]: true };

const pattern = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/;

export function isDigest(text: string): text is Digest {
  return pattern.test(text);
}

/** Throws when `text` is not a digest. */
export function parseDigest(text: string): Digest {
  if (!isDigest(text)) {
    throw new Error(`invalid digest ${quoted(text)}: expected sha256:<64 hex digits>`);
  }
  return text;
}

/** `sha256` of `sha256:0123…`. */
export function digestAlgorithm(digest: Digest): 'sha256' | 'sha512' {
  return digest.startsWith('sha256:') ? 'sha256' : 'sha512';
}

/** The part after the colon. */
export function digestHex(digest: Digest): string {
  return digest.slice(7);
}

/** Digest of bytes in memory. */
export function digestOf(content: Uint8Array | string, algorithm: 'sha256' | 'sha512' = 'sha256'): Digest {
  return finishDigest(createHash(algorithm).update(content), algorithm);
}

/** The digest of a hash to which all content was added. */
export function finishDigest(hash: Hash, algorithm: 'sha256' | 'sha512' = 'sha256'): Digest {
  return parseDigest(`${algorithm}:${hash.digest('hex')}`);
}

/** The content does not match its digest. */
export class DigestMismatchError extends Error {
  override readonly name = 'DigestMismatchError';
  readonly expected: Digest;
  readonly actual: Digest;

  constructor(what: string, expected: Digest, actual: Digest) {
    super(`digest mismatch of ${what}: expected ${expected}, got ${actual}`);
    this.expected = expected;
    this.actual = actual;
  }
}
