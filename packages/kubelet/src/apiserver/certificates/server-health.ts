// Whether an API server that did not create a certificate request is at work all the same. Pure.
import { ApiError } from '../api-client.ts';

/**
 * An answer that says "not you" comes from a server that works: a new identity, which a kubelet that starts again may
 * have, could help. No answer, or one that no API server gives, is the trouble of a server or a proxy.
 */
export function isServerHealthy(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false;
  // A proxy that ends TLS may answer this in place of the API server.
  if (error.code === 401) return true;
  const causes = error.status.details?.causes ?? [];
  if (causes.some(({ reason }) => reason === 'UnexpectedServerResponse')) return false;
  return error.reason === 'NotFound' || error.reason === 'Forbidden';
}
