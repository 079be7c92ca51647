import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { scratchDir } from '@berth/test-support/scratch.ts';
import { redirectLog } from '../../klog/klog.ts';
import { apiError, issue, SigningApi } from '../../testing/signing-api.ts';
import type { ApiClient } from '../api-client.ts';
import type { ApiAccess } from '../kubeconfig/api-access.ts';
import { bootstrapClientCertificate, clientStore, hasValidCertificate } from './bootstrap.ts';
import { clientTemplate } from './certificate-template.ts';
import { keyPem, makeKey, parseKey } from './private-key.ts';
import { signingRequest } from './signing-request.ts';

const hour = 3_600_000;

function kubeconfigText(user: object): string {
  return JSON.stringify({
    'current-context': 'c',
    contexts: [{ name: 'c', context: { cluster: 'k', user: 'u' } }],
    clusters: [
      { name: 'k', cluster: { server: 'https://10.0.0.1:6443', 'certificate-authority-data': 'Y2E=' } },
    ],
    users: [{ name: 'u', user }],
  });
}

/** A node whose bootstrap kubeconfig has a token. */
class Node implements Disposable {
  readonly api = new SigningApi();
  readonly accesses: ApiAccess[] = [];
  readonly #scratch = scratchDir('bootstrap');
  readonly files = {
    kubeconfig: join(this.#scratch.path, 'etc', 'kubelet.conf'),
    bootstrapKubeconfig: join(this.#scratch.path, 'bootstrap.conf'),
    certDir: join(this.#scratch.path, 'pki'),
  };
  readonly keyPath = join(this.files.certDir, 'kubelet-client.key.tmp');
  /** Signs each request at once. */
  signs = true;

  constructor() {
    writeFileSync(this.files.bootstrapKubeconfig, kubeconfigText({ token: 'abcdef.0123456789abcdef' }));
    this.api.onCreate = ({ metadata }) => {
      if (this.signs)
        this.api.sign(metadata?.name ?? '', { notBefore: Date.now(), notAfter: Date.now() + hour });
    };
  }

  bootstrap(signal = new AbortController().signal): Promise<void> {
    const connect = (access: ApiAccess): ApiClient => {
      this.accesses.push(access);
      return this.api.client;
    };
    return bootstrapClientCertificate(this.files, 'n', connect, signal);
  }

  [Symbol.dispose](): void {
    this.#scratch[Symbol.dispose]();
  }
}

test('a node gets its certificate and its kubeconfig, once', async () => {
  using node = new Node();
  await node.bootstrap();
  assert.deepEqual(node.accesses[0]?.user, { token: 'abcdef.0123456789abcdef' });
  const [name = ''] = node.api.requests.keys();
  assert.match(name, /^node-csr-[\w-]{43}$/);
  const request = node.api.requests.get(name);
  assert.equal(request?.spec.signerName, 'kubernetes.io/kube-apiserver-client-kubelet');
  assert.deepEqual(request?.spec.usages, ['digital signature', 'client auth']);
  const pair = await clientStore(node.files.certDir).current();
  assert.equal(pair?.facts.commonName, 'system:node:n');
  assert.deepEqual(pair?.facts.organizations, ['system:nodes']);
  assert.equal(statSync(node.files.kubeconfig).mode & 0o777, 0o600);
  assert.match(
    readFileSync(node.files.kubeconfig, 'utf8'),
    new RegExp(`client-key: ${node.files.certDir}/kubelet-client-current.pem\\n$`),
  );
  assert.equal(existsSync(node.keyPath), false);
  await node.bootstrap();
  assert.equal(node.api.requests.size, 1);
});

test('a kubelet that was killed while it waited goes on with its key and its request', async () => {
  using node = new Node();
  node.signs = false;
  const killed = new AbortController();
  const waiting = node.bootstrap(killed.signal);
  await node.api.watched();
  killed.abort(new Error('killed'));
  await assert.rejects(waiting, /killed/);
  assert.equal(existsSync(node.files.kubeconfig), false);
  const key = readFileSync(node.keyPath, 'utf8');
  const [name = ''] = node.api.requests.keys();
  node.api.sign(name, { notBefore: Date.now(), notAfter: Date.now() + hour });
  await node.bootstrap();
  assert.equal(node.api.requests.size, 1);
  assert.equal((await clientStore(node.files.certDir).current())?.key, key);
});

test('a kubelet that was killed before it wrote the kubeconfig uses the key that it has', async () => {
  using node = new Node();
  await node.bootstrap();
  const before = await clientStore(node.files.certDir).current();
  unlinkSync(node.files.kubeconfig);
  await node.bootstrap();
  assert.equal((await clientStore(node.files.certDir).current())?.key, before?.key);
  assert.equal(node.api.requests.size, 1, 'the same request');
  assert.ok(existsSync(node.files.kubeconfig));
});

test('an API server that does not answer yet is waited for, one that refuses is not', async () => {
  using node = new Node();
  node.api.failures.push(new Error('connect ECONNREFUSED'), apiError(503, 'ServiceUnavailable'));
  await node.bootstrap();
  assert.ok(existsSync(node.files.kubeconfig));
  using other = new Node();
  other.api.failures.push(apiError(403, 'Forbidden', 'csr is forbidden'));
  await assert.rejects(other.bootstrap(), /csr is forbidden/);
  assert.ok(existsSync(other.keyPath), 'the key stays for the next start');
  assert.equal(existsSync(other.files.kubeconfig), false);
});

test('a request that is denied ends the start', async () => {
  using node = new Node();
  node.signs = false;
  const waiting = node.bootstrap();
  await node.api.watched();
  const [name = ''] = node.api.requests.keys();
  node.api.update(name, { conditions: [{ type: 'Denied', status: 'True', reason: 'No' }] });
  await assert.rejects(waiting, /certificate signing request is denied, reason: No/);
});

test('a damaged certificate is replaced', async () => {
  using node = new Node();
  mkdirSync(node.files.certDir, { recursive: true });
  writeFileSync(join(node.files.certDir, 'kubelet-client.crt'), 'damaged');
  writeFileSync(join(node.files.certDir, 'kubelet-client.key'), 'damaged');
  await node.bootstrap();
  assert.equal((await clientStore(node.files.certDir).current())?.facts.commonName, 'system:node:n');
});

test('a bootstrap kubeconfig that cannot be used is named', async () => {
  using node = new Node();
  writeFileSync(node.files.bootstrapKubeconfig, '{}');
  await assert.rejects(
    node.bootstrap(),
    /unable to load bootstrap kubeconfig: \S+bootstrap\.conf: no configuration/,
  );
  unlinkSync(node.files.bootstrapKubeconfig);
  await assert.rejects(
    node.bootstrap(),
    /unable to load bootstrap kubeconfig: \S+bootstrap\.conf: .*no such file/i,
  );
});

test('when a kubeconfig needs no bootstrapping', async (t) => {
  const lines: string[] = [];
  const restore = redirectLog((line) => lines.push(line));
  t.after(restore);
  using scratch = scratchDir('bootstrap');
  const key = await makeKey();
  const pair = (notAfter: number): { cert: string; key: string } => ({
    cert: issue(signingRequest(clientTemplate('n'), key), { notBefore: 0, notAfter }, key),
    key: keyPem(key),
  });
  const user = ({ cert, key: pem }: { cert: string; key: string }): object => ({
    'client-certificate-data': Buffer.from(cert).toString('base64'),
    'client-key-data': Buffer.from(pem).toString('base64'),
  });
  const valid = pair(Date.now() + hour);
  const expired = pair(Date.now() - hour);
  writeFileSync(join(scratch.path, 'pair.pem'), valid.cert + valid.key);
  const other = keyPem(await makeKey());
  assert.ok(parseKey(other));
  const rows: [what: string, text: string | undefined, isValid: boolean][] = [
    ['there is none', undefined, false],
    ['a valid certificate', kubeconfigText(user(valid)), true],
    ['one in files', kubeconfigText({ 'client-certificate': 'pair.pem', 'client-key': 'pair.pem' }), true],
    ['one in files that are gone', kubeconfigText({ 'client-certificate': 'x', 'client-key': 'x' }), false],
    ['an expired one', kubeconfigText(user(expired)), false],
    [
      'an expired one in the chain',
      kubeconfigText(user({ ...valid, cert: valid.cert + expired.cert })),
      false,
    ],
    ['another key', kubeconfigText(user({ ...valid, key: other })), false],
    ['a token', kubeconfigText({ token: 't' }), false],
    ['nobody', kubeconfigText({}), false],
    ['damaged', 'damaged', false],
    ['empty', '', false],
  ];
  const path = join(scratch.path, 'kubelet.conf');
  for (const [what, text, isValid] of rows) {
    if (text !== undefined) writeFileSync(path, text);
    assert.equal(await hasValidCertificate(path), isValid, what);
  }
  assert.match(lines.join(''), /part of its client certificate is expired: /);
  assert.doesNotMatch(lines.join(''), /PRIVATE KEY|abcdef\.0123/);
  await assert.rejects(
    hasValidCertificate(join(path, 'x')),
    /error reading existing bootstrap kubeconfig \S+: .*not a directory/i,
  );
});
