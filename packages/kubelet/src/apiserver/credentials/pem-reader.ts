// PEM texts of a kubeconfig.
import type { Pem } from '../kubeconfig/api-access.ts';
import { RenewedFile } from './renewed-file.ts';

/** How long a certificate file is trusted not to have changed. */
const maxAgeMs = 10_000;

/** A PEM text, read again when it is in a file. */
export function pemReader(pem: Pem, now?: () => number): () => Promise<string> {
  if ('pem' in pem) return async () => pem.pem;
  const file = new RenewedFile(pem.file, maxAgeMs, now);
  return () => file.content();
}
