import { createHash } from 'node:crypto';

/** Tokens that say no more live this long (the distribution project's token specification). */
const defaultSeconds = 60;
/** A token is not used any more this many milliseconds before it ends: the request has to get there, too. */
const margin = 5_000;
const maxTokens = 256;

/** Bearer tokens by what they were given for, so that the next pull does not ask for another. */
export class TokenCache {
  readonly #tokens = new Map<string, { token: string; until: number }>();

  /** A key for a token; secrets among the parts cannot be read from it. */
  static key(parts: readonly string[]): string {
    return createHash('sha256').update(JSON.stringify(parts)).digest('base64');
  }

  /** A token that holds at `now` (milliseconds since 1970). */
  get(key: string, now = Date.now()): string | undefined {
    const found = this.#tokens.get(key);
    if (found && found.until > now) return found.token;
    this.#tokens.delete(key);
    return undefined;
  }

  /** Keeps a token for as many seconds as its server said; the oldest goes when there are too many. */
  set(key: string, token: string, seconds = defaultSeconds, now = Date.now()): void {
    this.#tokens.delete(key);
    this.#tokens.set(key, { token, until: now + seconds * 1000 - margin });
    const [oldest] = this.#tokens.keys();
    if (this.#tokens.size > maxTokens && oldest !== undefined) this.#tokens.delete(oldest);
  }

  /** Forgets a token that a registry refused. */
  delete(key: string): void {
    this.#tokens.delete(key);
  }
}
