// The files of a certificate and its key: each pair in one PEM file that is named for its time, and a link to the pair
// that is in use. The layout is the real kubelet's, so that either finds the other's.
import type { X509Certificate } from 'node:crypto';
import { lstat, open, readFile, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from '@berth/common/error-code.ts';
import { messageOf } from '@berth/common/error-message.ts';
import { makeDirectories } from '@berth/common/files/directories.ts';
import { createLogger } from '../../klog/klog.ts';
import { type CertificateFacts, factsOf, parseCertificates } from '../../x509/certificate-facts.ts';
import { encodePem } from '../../x509/pem.ts';
import { keyPem, parseKey } from './private-key.ts';

const log = createLogger('certificate-store.ts');

/** A certificate with its chain and its private key, in PEM. */
export interface CertificatePair {
  cert: string;
  key: string;
  /** Of the certificate itself, the first of the chain. */
  facts: CertificateFacts;
}

/** Where a store looks beside its own files. */
export interface StorePlace {
  /** `kubelet-client` or `kubelet-server`. */
  prefix: string;
  directory: string;
  /** A pair that is used as long as the store has none. */
  certFile?: string | undefined;
  keyFile?: string | undefined;
}

/** Keeps the pair that is in use. */
export class CertificateStore {
  readonly #place: StorePlace;

  constructor(place: StorePlace) {
    this.#place = place;
  }

  /** The link to the current pair. */
  get currentPath(): string {
    return this.#path('current');
  }

  /**
   * The current pair: the store's own, the configured one, or the one under the names of old kubelets; undefined when
   * there is none. Throws when the first that exists cannot be used.
   */
  async current(): Promise<CertificatePair | undefined> {
    await this.#recover();
    const { prefix, directory, certFile, keyFile } = this.#place;
    const stem = join(directory, prefix);
    const places = [
      [this.currentPath, this.currentPath],
      [certFile, keyFile],
      [`${stem}.crt`, `${stem}.key`],
    ] as const;
    for (const [cert, key] of places) {
      const texts = [await readIfPresent(cert), await readIfPresent(key)] as const;
      if (texts[0] === undefined || texts[1] === undefined) continue;
      log.v(2, 'Loading cert/key pair', { certFile: cert, keyFile: key });
      try {
        return readPair(texts[0], texts[1]);
      } catch (error) {
        throw new Error(`could not convert data from "${cert}" into cert/key pair: ${messageOf(error)}`);
      }
    }
    return undefined;
  }

  /**
   * Writes a pair and makes it the current one, all at once: a crash leaves either the earlier pair or this one.
   *
   * @param now names the file
   */
  async update(cert: string, key: string, now: Date): Promise<CertificatePair> {
    const pair = readPair(cert, key);
    await makeDirectories(this.#place.directory, 0o700);
    const path = this.#path(timestamp(now));
    await writeDurably(path, pair.cert + pair.key);
    const link = this.#path('updated');
    await requireLink(this.currentPath);
    await requireLink(link);
    await rm(link, { force: true });
    await symlink(path, link);
    await rename(link, this.currentPath);
    return pair;
  }

  /** Completes an update of the real kubelet's that was killed: it removes the current link before it makes the new one. */
  async #recover(): Promise<void> {
    const updated = this.#path('updated');
    if ((await readIfPresent(this.currentPath)) !== undefined) return;
    if (await requireLink(updated)) await rename(updated, this.currentPath);
  }

  #path(qualifier: string): string {
    return join(this.#place.directory, `${this.#place.prefix}-${qualifier}.pem`);
  }
}

/** A pair of PEM texts, without what else they hold. Throws when they are no pair. */
export function readPair(cert: string, key: string): CertificatePair {
  const chain = parseCertificates(cert);
  const [leaf] = chain;
  if (leaf === undefined) throw new Error('invalid certificate data: it holds no certificate');
  const privateKey = parseKey(key);
  if (privateKey === undefined) {
    throw new Error('invalid key data: it does not contain a valid RSA or ECDSA private key');
  }
  if (!leaf.checkPrivateKey(privateKey)) throw new Error('the private key does not match the certificate');
  return {
    cert: chain.map((each: X509Certificate) => encodePem('CERTIFICATE', each.raw)).join(''),
    key: keyPem(privateKey),
    facts: factsOf(leaf),
  };
}

/** E.g. `2026-11-30-09-41-07`, local time. */
function timestamp(now: Date): string {
  const two = (number: number): string => String(number).padStart(2, '0');
  const day = [now.getFullYear(), two(now.getMonth() + 1), two(now.getDate())];
  return [...day, two(now.getHours()), two(now.getMinutes()), two(now.getSeconds())].join('-');
}

/** Replaces a file that only this user can read, and flushes it: the link must never point to less. */
async function writeDurably(path: string, content: string): Promise<void> {
  const temporary = `${path}.tmp`;
  try {
    await using file = await open(temporary, 'w', 0o600);
    await file.writeFile(content);
    await file.sync();
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await rename(temporary, path);
}

/** Whether there is a link; throws when something else has its name. */
async function requireLink(path: string): Promise<boolean> {
  try {
    if ((await lstat(path)).isSymbolicLink()) return true;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw error;
  }
  throw new Error(`expected "${path}" to be a symlink but it is a file; move it away`);
}

async function readIfPresent(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}
