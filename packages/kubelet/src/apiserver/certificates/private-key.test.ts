import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { scratchDir } from '@berth/test-support/scratch.ts';
import { keyPem, loadOrMakeKey, makeKey, parseKey } from './private-key.ts';

test('a key is kept in a private file and found again', async () => {
  using scratch = scratchDir('key');
  const path = join(scratch.path, 'pki', 'kubelet-client.key.tmp');
  const key = await loadOrMakeKey(path);
  assert.equal(key.asymmetricKeyDetails?.namedCurve, 'prime256v1');
  assert.match(readFileSync(path, 'utf8'), /^-----BEGIN EC PRIVATE KEY-----\n/);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.equal(statSync(join(scratch.path, 'pki')).mode & 0o777, 0o700);
  assert.ok((await loadOrMakeKey(path)).equals(key));
  writeFileSync(path, 'something else');
  await assert.rejects(loadOrMakeKey(path), /error loading key from \S+tmp: data does not contain a valid/);
  assert.equal(readFileSync(path, 'utf8'), 'something else');
});

test('keys in PEM', async () => {
  const ec = await makeKey();
  const { privateKey: rsa } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const { privateKey: ed } = generateKeyPairSync('ed25519');
  const pkcs8 = (key: typeof ec): string => key.export({ type: 'pkcs8', format: 'pem' }).toString();
  assert.match(keyPem(rsa), /^-----BEGIN RSA PRIVATE KEY-----\n/);
  const parameters = '-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n';
  const rows = [
    [keyPem(ec), ec],
    [keyPem(rsa), rsa],
    [pkcs8(ec), ec],
    [parameters + keyPem(ec), ec],
    [pkcs8(ed) + keyPem(ec), ec],
    [`-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n${keyPem(rsa)}`, rsa],
    [pkcs8(ed), undefined],
    ['', undefined],
  ] as const;
  for (const [pem, key] of rows) {
    const found = parseKey(pem);
    assert.ok(key === undefined ? found === undefined : found?.equals(key), pem.slice(0, 30));
  }
});
