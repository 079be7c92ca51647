import { createHash } from 'node:crypto';

/** Default lifetime of tokens (the distribution project's token specification). */
const defaultSeconds = 60;
/** Margin before the expiry of a token, in milliseconds, for the transfer of the request. */
const margin = 5_000;
const maxTokens = 256;

/** Caches bearer tokens across pulls. */
export class TokenCache {
  readonly #tokens = new Map<string, { token: string; until: number }>();

  /** A cache key: a hash, which does not reveal secrets among the parts. */
  static key(parts: readonly string[]): string {
    return createHash('sha256').update(JSON.stringify(parts)).digest('base64');
  }

  /** A token that is valid at `now` (milliseconds since 1970). */
  get(key: string, now = Date.now()): string | undefined {
    const found = this.#tokens.get(key);
    if (found && found.until > now) return found.token;
    this.#tokens.delete(key);
    return undefined;
  }

  /** Caches a token for its lifetime in seconds; evicts the oldest one when there are too many. */
  set(key: string, token: string, seconds = defaultSeconds, now = Date.now()): void {
    this.#tokens.delete(key);
    this.#tokens.set(key, { token, until: now + seconds * 1000 - margin });
    const [oldest] = this.#tokens.keys();
    if (this.#tokens.size > maxTokens && oldest !== undefined) this.#tokens.delete(oldest);
  }

  /** Removes a token that a registry refused. */
  delete(key: string): void {
    this.#tokens.delete(key);
  }
}
