// When a token of a service account is replaced. https://kubernetes.io/docs/concepts/storage/projected-volumes/#serviceaccounttoken

/** No token is used longer, however long it is valid. */
const longestUseMs = 24 * 3_600_000;
/** By how much at most a replacement is brought forward by chance, so that the pods of a node do not ask all at once. */
export const maxJitterMs = 10_000;

/** The validity of a token. */
export interface Validity {
  /** When it expires, in milliseconds since the epoch. */
  expiresAt: number;
  /** For how long it was issued. */
  lifetimeMs: number;
}

/** Whether a token is to be replaced: a fifth of its lifetime is left, or it is a day old. */
export function needsRefresh({ expiresAt, lifetimeMs }: Validity, now: number, jitterMs: number): boolean {
  const issuedAt = expiresAt - lifetimeMs;
  return now > issuedAt + longestUseMs - jitterMs || now > expiresAt - lifetimeMs / 5 - jitterMs;
}
