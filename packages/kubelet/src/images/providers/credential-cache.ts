// PURE but for what it remembers: the answers of one credential provider, as long as they may be used.
import type { RegistryEntry } from '../credentials/docker-config.ts';

/** So many answers are kept; the oldest go. */
const maxEntries = 10_000;
const purgeIntervalMs = 15 * 60_000;
/** No image and no registry has this name. */
const everyImage = '<global>';

interface Entry {
  entries: readonly RegistryEntry[];
  expiresAt: number;
}

/** The key that an answer is kept under; undefined for a type that there is not. */
export function cacheKey(type: string, image: string): string | undefined {
  if (type === 'Image') return image;
  if (type === 'Registry') return registryOf(image);
  return type === 'Global' ? everyImage : undefined;
}

function registryOf(image: string): string {
  const [registry = ''] = image.split('/');
  return registry;
}

/** Answers by key and service account. */
export class CredentialCache {
  readonly #entries = new Map<string, Entry>();
  #purgedAt = 0;

  /** What was answered for the image or for all of its kind, if that has not expired. */
  find(image: string, account: string, now: number): readonly RegistryEntry[] | undefined {
    if (now > this.#purgedAt + purgeIntervalMs) this.#purge(now);
    for (const key of [image, registryOf(image), everyImage]) {
      const found = this.#entries.get(mapKey(key, account));
      if (found && now <= found.expiresAt) return found.entries;
    }
    return undefined;
  }

  put(key: string, account: string, entries: readonly RegistryEntry[], expiresAt: number): void {
    const at = mapKey(key, account);
    this.#entries.delete(at);
    this.#entries.set(at, { entries, expiresAt });
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > maxEntries && oldest !== undefined) this.#entries.delete(oldest);
  }

  #purge(now: number): void {
    this.#purgedAt = now;
    for (const [key, { expiresAt }] of this.#entries) if (now > expiresAt) this.#entries.delete(key);
  }
}

function mapKey(key: string, account: string): string {
  return JSON.stringify([key, account]);
}
