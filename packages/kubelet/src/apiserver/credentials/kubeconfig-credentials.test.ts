import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { TestAuthority } from '../../testing/certificates.ts';
import type { ApiUser } from '../kubeconfig/api-access.ts';
import type { CredentialSource } from './credential.ts';
import { kubeconfigCredentials } from './kubeconfig-credentials.ts';

const dir = mkdtempSync(join(tmpdir(), 'berth-credentials-'));
after(() => rmSync(dir, { recursive: true }));
const authority = new TestAuthority(dir, 'ca');

function credentials(user: ApiUser, now?: () => number): CredentialSource {
  return kubeconfigCredentials({ server: new URL('https://a'), insecureSkipTlsVerify: false, user }, now);
}

test('credentials that are written down', async () => {
  const tokenFile = join(dir, 'token');
  writeFileSync(tokenFile, 'of-file\n');
  const missing = join(dir, 'missing');
  const exec = {
    command: 'false',
    args: [],
    env: [],
    apiVersion: 'client.authentication.k8s.io/v1',
    provideClusterInfo: false,
    interactiveMode: 'Never',
  };
  const cases: [user: ApiUser, authorization: string | undefined][] = [
    [{}, undefined],
    [{ token: 't\n' }, 'Bearer t'],
    [{ tokenFile }, 'Bearer of-file'],
    [{ token: 't', tokenFile }, 'Bearer of-file'],
    [{ token: 't', tokenFile: missing }, 'Bearer t'],
    [{ basic: { username: 'ü', password: ':' } }, `Basic ${Buffer.from('ü::').toString('base64')}`],
    // A program is for those who have nothing else.
    [{ token: 't', exec }, 'Bearer t'],
  ];
  for (const [user, authorization] of cases) {
    assert.equal((await credentials(user).current()).authorization, authorization, JSON.stringify(user));
  }
  await assert.rejects(credentials({ tokenFile: missing }).current(), { code: 'ENOENT' });
});

test('a certificate of files changes only to a pair that fits', async () => {
  const [first, second] = [authority.sign('first'), authority.sign('second')];
  const [cert, key] = [join(dir, 'client.crt'), join(dir, 'client.key')];
  const put = (from: string, to: string): void => copyFileSync(join(dir, from), to);
  put('first.crt', cert);
  put('first.key', key);
  let now = 0;
  const source = credentials({ clientCertificate: { cert: { file: cert }, key: { file: key } } }, () => now);
  assert.deepEqual(await source.current(), { certificate: first });
  put('second.crt', cert);
  assert.deepEqual(await source.current(), { certificate: first });
  now = 60_000;
  assert.deepEqual(await source.current(), { certificate: first });
  put('second.key', key);
  now = 120_000;
  assert.deepEqual(await source.current(), { certificate: second });
  rmSync(key);
  now = 180_000;
  assert.deepEqual(await source.current(), { certificate: second });
});

test('a certificate that never fitted', async () => {
  const { cert } = authority.sign('one');
  const { key } = authority.sign('other');
  await assert.rejects(
    credentials({ clientCertificate: { cert: { pem: cert }, key: { pem: key } } }).current(),
    /the client certificate or its key cannot be used: .*mismatch/,
  );
});
