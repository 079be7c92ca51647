// When certificates are renewed. Pure.

/** Milliseconds of the waits between attempts to get a certificate. */
const firstRetryMs = 2000;
const laterRetryMs = 32_000;
/** Attempts before the waits no longer grow. */
const growingAttempts = 5;

/**
 * When to renew a certificate: after 70 to 90 % of its life, so that nodes which joined together do not ask together.
 * Milliseconds since the epoch.
 *
 * @param random from 0 to 1
 */
export function rotationTime(
  { notBefore, notAfter }: { notBefore: number; notAfter: number },
  random: number,
): number {
  return notBefore + (notAfter - notBefore) * (0.7 + 0.2 * random);
}

/**
 * How long to wait after so many failed attempts in a row: 2 s, doubled up to 16 s, with up to a tenth more; then 32 s.
 *
 * @param random from 0 to 1
 */
export function retryDelayMs(failures: number, random: number): number {
  if (failures >= growingAttempts) return laterRetryMs;
  return firstRetryMs * 2 ** (failures - 1) * (1 + 0.1 * random);
}
