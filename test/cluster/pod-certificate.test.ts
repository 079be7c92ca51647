// podCertificate sources of projected volumes: a signer of the test's own issues certificates for pods.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startNode } from '@berth/test-support/cluster/node.ts';
import { testCluster } from '@berth/test-support/cluster/test-cluster.ts';
import { testImage } from '@berth/test-support/pods.ts';
import { scratchDir } from '@berth/test-support/scratch.ts';
import { until } from '@berth/test-support/until.ts';
import { kubelets } from './kubelets.ts';
import { nodeIsReady, podIsReady } from './objects.ts';

const cluster = await testCluster();
const { admin, kubectl } = cluster;
const scratch = scratchDir('signer');
const requests = '/apis/certificates.k8s.io/v1/podcertificaterequests';
const [signerName, refusing] = ['signer.test/pods', 'signer.test/never'];

interface PodCertificateRequest {
  metadata: { name: string; namespace: string };
  spec: { signerName: string; stubPKCS10Request: string; podName: string; nodeName: string };
  status?: { conditions?: object[] };
}

function openssl(...words: string[]): void {
  execFileSync('openssl', words, { cwd: scratch.path, stdio: 'pipe' });
}

/** A certificate for the key of a request, valid for a day from now. */
function issue(request: PodCertificateRequest): string {
  const { name } = request.metadata;
  writeFileSync(join(scratch.path, `${name}.der`), Buffer.from(request.spec.stubPKCS10Request, 'base64'));
  const subject = ['-subj', `/CN=${request.spec.podName}`];
  const authority = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial'];
  openssl('req', '-inform', 'DER', '-in', `${name}.der`, '-out', `${name}.csr`, '-verify');
  openssl(
    'x509',
    '-req',
    '-in',
    `${name}.csr`,
    '-out',
    `${name}.crt`,
    '-days',
    '1',
    ...subject,
    ...authority,
  );
  return readFileSync(join(scratch.path, `${name}.crt`), 'utf8');
}

/** Answers requests until the signal. */
async function sign(signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const { items } = await admin.get<{ items: PodCertificateRequest[] }>(requests);
    for (const request of items.filter(({ status }) => (status?.conditions ?? []).length === 0)) {
      const { name, namespace } = request.metadata;
      const path = `/apis/certificates.k8s.io/v1/namespaces/${namespace}/podcertificaterequests/${name}/status`;
      await admin.patch(path, { status: answer(request) }, 'merge');
    }
    // The signer has no watch.
    await sleep(100, undefined, { signal }).catch(() => {});
  }
}

function answer(request: PodCertificateRequest): object {
  const isRefused = request.spec.signerName === refusing;
  const condition = {
    type: isRefused ? 'Denied' : 'Issued',
    status: 'True',
    reason: 'Policy',
    message: 'of the test',
    lastTransitionTime: now(),
  };
  if (isRefused) return { conditions: [condition] };
  const certificateChain = issue(request);
  const { validFromDate, validToDate } = new X509Certificate(certificateChain);
  return {
    conditions: [condition],
    certificateChain,
    notBefore: now(validFromDate),
    beginRefreshAt: now(new Date(validFromDate.getTime() + 3_600_000)),
    notAfter: now(validToDate),
  };
}

function now(time = new Date()): string {
  return time.toISOString().replace(/\.\d+Z/, 'Z');
}

openssl(
  'req',
  '-x509',
  '-newkey',
  'ec',
  '-pkeyopt',
  'ec_paramgen_curve:P-256',
  '-nodes',
  '-keyout',
  'ca.key',
  '-out',
  'ca.crt',
  '-days',
  '2',
  '-subj',
  '/CN=signer',
);
after(() => scratch[Symbol.dispose]());

/** Answers requests until it is disposed of. */
function startSigner(): AsyncDisposable {
  const over = new AbortController();
  const signing = sign(over.signal);
  return {
    [Symbol.asyncDispose]: async () => {
      over.abort();
      await signing;
    },
  };
}

function pod(name: string, nodeName: string, sources: object[]): object {
  const command = ['/bin/sh', '-c', 'trap "exit 0" TERM; while true; do sleep 1 & wait $!; done'];
  const volumeMounts = [{ name: 'identity', mountPath: '/identity' }];
  const containers = [{ name: 'main', image: testImage, command, volumeMounts }];
  const volumes = [{ name: 'identity', projected: { sources } }];
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec: { nodeName, containers, volumes } };
}

for (const kubelet of kubelets) {
  test(`${kubelet} kubelet: gives a pod a certificate of its own`, async () => {
    const name = `${kubelet}-pc`;
    await using _signer = startSigner();
    await using node = await startNode({ cluster, name, kubelet });
    await nodeIsReady(cluster, name);
    const keyTypes = ['ED25519', 'ECDSAP256', 'RSA3072'];
    const sources = keyTypes.map((keyType) => ({
      podCertificate: {
        signerName,
        keyType,
        credentialBundlePath: `${keyType}.pem`,
        userAnnotations: { 'signer.test/note': 'a' },
      },
    }));
    const apart = { signerName, keyType: 'ECDSAP384', keyPath: 'key.pem', certificateChainPath: 'chain.pem' };
    await kubectl.apply(pod(name, name, [...sources, { podCertificate: apart }]));
    await podIsReady(cluster, name);
    const authority = new X509Certificate(readFileSync(join(scratch.path, 'ca.crt')));
    const read = (file: string) => kubectl.run(['exec', name, '--', 'cat', `/identity/${file}`]);
    for (const [keys, chain] of [
      ...keyTypes.map((type) => [`${type}.pem`, `${type}.pem`]),
      ['key.pem', 'chain.pem'],
    ] as const) {
      const [key, certificate] = [await read(keys), new X509Certificate(chainOf(await read(chain)))];
      assert.ok(certificate.checkPrivateKey(createPrivateKey(key)), keys);
      assert.ok(certificate.verify(authority.publicKey));
      assert.equal(certificate.subject, `CN=${name}`);
    }
    const found = await admin.get<{ items: PodCertificateRequest[] }>(requests);
    const own = found.items.filter(({ spec }) => spec.podName === name);
    assert.equal(own.length, 4);
    assert.ok(own.every(({ spec }) => spec.nodeName === name));
    const metrics = await (await fetch(`http://127.0.0.1:${node.readOnlyPort}/metrics`)).text();
    assert.match(
      metrics,
      /^kubelet_podcertificate_states\{signer_name="signer\.test\/pods",state="fresh"\} 4$/m,
    );

    const refused = `${name}-no`;
    const source = { signerName: refusing, keyType: 'ED25519', credentialBundlePath: 'bundle.pem' };
    await kubectl.apply(pod(refused, name, [{ podCertificate: source }]));
    const path = `/api/v1/namespaces/default/events?fieldSelector=involvedObject.name=${refused}`;
    let said = '';
    await until(
      'it is told that the signer refuses',
      async () => {
        said = JSON.stringify(await admin.get(path));
        return /was denied, reason=\\"Policy\\"/.test(said) && /permanently denied/.test(said);
      },
      () => said,
    );
    await kubectl.run(['delete', 'pod', name, refused]);
    await admin.delete(`/api/v1/nodes/${name}`);
  });
}

function chainOf(bundle: string): string {
  return bundle.slice(bundle.indexOf('-----BEGIN CERTIFICATE-----'));
}
