// A certificate authority that the kubelets trust for their clients, and a client of it.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where the certificates of `makeCertificates` are. */
export function certificateFiles(dir: string): { ca: string; key: string; certificate: string } {
  return { ca: join(dir, 'ca.pem'), key: join(dir, 'client.key'), certificate: join(dir, 'client.pem') };
}

/** Makes an authority and a client, system:masters, below `dir`. */
export function makeCertificates(dir: string): void {
  const { ca, key, certificate } = certificateFiles(dir);
  const [caKey, request, extensions] = ['ca.key', 'client.csr', 'client.ext'].map((name) =>
    join(dir, name),
  ) as [string, string, string];
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'pipe' });
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  openssl('req', '-x509', ...newKey, '-keyout', caKey, '-out', ca, '-days', '2', '-subj', '/CN=clients');
  openssl('req', ...newKey, '-keyout', key, '-out', request, '-subj', '/O=system:masters/CN=admin');
  writeFileSync(extensions, 'extendedKeyUsage=clientAuth\n');
  const signedBy = ['-CA', ca, '-CAkey', caKey, '-CAcreateserial', '-days', '1', '-extfile', extensions];
  openssl('x509', '-req', '-in', request, ...signedBy, '-out', certificate);
}
