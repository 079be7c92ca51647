// Where the kubelet keeps the certificate that it makes for itself, named as the real kubelet names it.
import { join } from 'node:path';

/** The files of the certificate and its key in the folder of --cert-dir. */
export function ownPair(certDir: string): { certFile: string; keyFile: string } {
  return { certFile: join(certDir, 'kubelet.crt'), keyFile: join(certDir, 'kubelet.key') };
}
