import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { scratchDir } from '@berth/test-support/scratch.ts';
import { issue } from '../../testing/signing-api.ts';
import { type CertificatePair, CertificateStore, readPair } from './certificate-store.ts';
import { clientTemplate } from './certificate-template.ts';
import { keyPem } from './private-key.ts';
import { signingRequest } from './signing-request.ts';

const authority = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;

function newPair(node: string, key: KeyObject = authority): { cert: string; key: string } {
  const validity = { notBefore: Date.now(), notAfter: Date.now() + 60_000 };
  return { cert: issue(signingRequest(clientTemplate(node), key), validity, authority), key: keyPem(key) };
}

function nameOf(pair: CertificatePair | undefined): string | undefined {
  return pair?.facts.commonName.replace('system:node:', '');
}

function storeIn(directory: string, files: object = {}): CertificateStore {
  return new CertificateStore({ prefix: 'kubelet-client', directory, ...files });
}

test('a pair is one file named for its time, and the link points to it', async () => {
  using scratch = scratchDir('store');
  const directory = join(scratch.path, 'pki');
  const store = storeIn(directory);
  assert.equal(await store.current(), undefined);
  const { cert, key } = newPair('one');
  const intermediate = newPair('ca').cert;
  await store.update(`comment\n${cert}${intermediate}`, key, new Date(2026, 10, 30, 9, 4, 7));
  const file = join(directory, 'kubelet-client-2026-11-30-09-04-07.pem');
  assert.equal(readlinkSync(store.currentPath), file);
  assert.equal(store.currentPath, join(directory, 'kubelet-client-current.pem'));
  assert.equal(readFileSync(file, 'utf8'), cert + intermediate + key);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.equal(statSync(directory).mode & 0o777, 0o700);
  const two = newPair('two');
  await store.update(two.cert, two.key, new Date(2026, 10, 30, 9, 4, 8));
  assert.equal(nameOf(await storeIn(directory).current()), 'two');
  assert.deepEqual(readdirSync(directory), [
    'kubelet-client-2026-11-30-09-04-07.pem',
    'kubelet-client-2026-11-30-09-04-08.pem',
    'kubelet-client-current.pem',
  ]);
});

test('where a pair is looked for, one after the other', async () => {
  using scratch = scratchDir('store');
  const put = (name: string, text: string): string => {
    writeFileSync(join(scratch.path, name), text);
    return join(scratch.path, name);
  };
  const old = newPair('old');
  put('kubelet-client.crt', old.cert);
  assert.equal(await storeIn(scratch.path).current(), undefined, 'half of a pair');
  put('kubelet-client.key', old.key);
  assert.equal(nameOf(await storeIn(scratch.path).current()), 'old');
  const configured = newPair('configured');
  const files = { certFile: put('a.crt', configured.cert), keyFile: put('a.key', configured.key) };
  assert.equal(nameOf(await storeIn(scratch.path, files).current()), 'configured');
  const own = newPair('own');
  await storeIn(scratch.path).update(own.cert, own.key, new Date());
  assert.equal(nameOf(await storeIn(scratch.path, files).current()), 'own');
});

test('an update that the real kubelet was killed in is completed', async () => {
  using scratch = scratchDir('store');
  const { cert, key } = newPair('new');
  const file = join(scratch.path, 'kubelet-client-2026-01-02-03-04-05.pem');
  writeFileSync(file, cert + key);
  symlinkSync(file, join(scratch.path, 'kubelet-client-updated.pem'));
  assert.equal(nameOf(await storeIn(scratch.path).current()), 'new');
  assert.equal(readlinkSync(storeIn(scratch.path).currentPath), file);
});

test('an update over the leftovers of one', async () => {
  using scratch = scratchDir('store');
  symlinkSync('/nowhere', join(scratch.path, 'kubelet-client-updated.pem'));
  symlinkSync('/nowhere', join(scratch.path, 'kubelet-client-current.pem'));
  const { cert, key } = newPair('new');
  await storeIn(scratch.path).update(cert, key, new Date());
  assert.equal(nameOf(await storeIn(scratch.path).current()), 'new');
});

test('nothing but links is replaced', async () => {
  for (const name of ['kubelet-client-current.pem', 'kubelet-client-updated.pem']) {
    using scratch = scratchDir('store');
    const path = join(scratch.path, name);
    mkdirSync(path);
    const { cert, key } = newPair('new');
    await assert.rejects(
      storeIn(scratch.path).update(cert, key, new Date()),
      new RegExp(`expected "${path}" to be a symlink but it is a file`),
    );
    assert.ok(lstatSync(path).isDirectory());
  }
});

test('what is no pair', async () => {
  using scratch = scratchDir('store');
  const { cert, key } = newPair('n');
  const other = keyPem(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
  const rows = [
    [cert, other, /the private key does not match the certificate/],
    ['', key, /invalid certificate data/],
    [cert, cert, /invalid key data/],
  ] as const;
  for (const [givenCert, givenKey, message] of rows) {
    assert.throws(() => readPair(givenCert, givenKey), message);
    await assert.rejects(storeIn(scratch.path).update(givenCert, givenKey, new Date()), message);
  }
  assert.deepEqual(readdirSync(scratch.path), []);
  writeFileSync(join(scratch.path, 'kubelet-client-current.pem'), 'damaged');
  await assert.rejects(
    storeIn(scratch.path).current(),
    /could not convert data from "\S+kubelet-client-current\.pem" into cert\/key pair: invalid certificate data/,
  );
});
