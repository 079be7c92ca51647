// The files of the certificate that the kubelet serves with: configured ones, or a self-signed pair that it keeps in
// --cert-dir.
import { existsSync } from 'node:fs';
import { makeDirectoriesSync } from '@berth/common/files/directories.ts';
import { replaceFileSync } from '@berth/common/files/replace-file.ts';
import { createLogger } from '../../klog/klog.ts';
import { ownPair } from './own-pair.ts';
import { selfSignedCertificate } from './self-signed.ts';

const log = createLogger('serving-certificate.ts');

/** Where the certificate is; without both files it is made in `certDir`. */
export interface ServingCertificateOptions {
  certDir: string;
  certFile: string | undefined;
  keyFile: string | undefined;
  /** The name or address in a certificate that is made. */
  host: string;
}

/** Paths of certificate and key, which exist afterwards. Throws when one of a pair is missing. */
export async function servingCertificate({
  certDir,
  certFile,
  keyFile,
  host,
}: ServingCertificateOptions): Promise<{ certFile: string; keyFile: string }> {
  if (certFile !== undefined && keyFile !== undefined) return { certFile, keyFile };
  const made = ownPair(certDir);
  // The key is written first: a key without a certificate is what a kubelet left that was killed between the two.
  if (existsSync(made.certFile)) {
    if (existsSync(made.keyFile)) return made;
    throw new Error(
      `error reading ${made.keyFile}: the certificate ${made.certFile} and its key must be supplied as a pair; add the key or remove the certificate`,
    );
  }
  const { cert, key } = await selfSignedCertificate(host, new Date());
  makeDirectoriesSync(certDir, 0o700);
  replaceFileSync(made.keyFile, key, { mode: 0o600 });
  replaceFileSync(made.certFile, cert, { mode: 0o600 });
  log.v(4, 'Using self-signed cert', { TLSCertFile: made.certFile, TLSPrivateKeyFile: made.keyFile });
  return made;
}
