// Certificates for registries and their clients.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import type https from 'node:https';
import { join } from 'node:path';

export interface TlsFiles {
  CA: string;
  OTHER: string;
  CERT: string;
  KEY: string;
  BUNDLE: string;
  BAD: string;
  server: https.ServerOptions;
}

/** Makes an authority, a server and a client of its own, and another authority, below `dir`. */
export function makeCertificates(dir: string): TlsFiles {
  mkdirSync(dir, { recursive: true });
  const openssl = (...args: string[]) =>
    execFileSync('openssl', args, { cwd: dir, stdio: ['ignore', 'ignore', 'pipe'] });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  for (const name of ['ca', 'other']) {
    openssl(
      'req',
      '-x509',
      ...key,
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.crt`,
      '-days',
      '2',
      '-subj',
      `/CN=${name}`,
    );
  }
  writeFileSync(join(dir, 'names'), 'subjectAltName=IP:127.0.0.1,DNS:localhost\n');
  const authority = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial'];
  for (const name of ['server', 'client']) {
    openssl('req', ...key, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`);
    openssl(
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      ...authority,
      '-days',
      '2',
      '-extfile',
      'names',
      '-out',
      `${name}.crt`,
    );
  }
  const read = (name: string) => readFileSync(join(dir, name));
  writeFileSync(join(dir, 'bundle.pem'), Buffer.concat([read('client.crt'), read('client.key')]));
  writeFileSync(join(dir, 'bad.pem'), 'no certificate\n');
  return {
    CA: join(dir, 'ca.crt'),
    OTHER: join(dir, 'other.crt'),
    CERT: join(dir, 'client.crt'),
    KEY: join(dir, 'client.key'),
    BUNDLE: join(dir, 'bundle.pem'),
    BAD: join(dir, 'bad.pem'),
    server: {
      ca: read('ca.crt'),
      cert: read('server.crt'),
      key: read('server.key'),
      requestCert: true,
      rejectUnauthorized: false,
    },
  };
}
