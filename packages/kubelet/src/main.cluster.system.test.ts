// The kubelet as a process of a cluster: whom it asks, as who, and whom it lets in.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { isObject } from '@berth/common/json/is-object.ts';
import { until } from '@berth/test-support/until.ts';
import { TestAuthority } from './testing/certificates.ts';
import { type Answer, HttpsServer, json } from './testing/https-server.ts';

const main = new URL('./main.ts', import.meta.url).pathname;
const port = 23_873;

/** Whose token it is, and what it may do; of everything else there is nothing. */
const answer: Answer = ({ method, url, body }, response) => {
  const review: unknown = method === 'POST' ? JSON.parse(body) : {};
  assert.ok(isObject(review));
  if (url.endsWith('/tokenreviews')) {
    json(response, { ...review, status: { authenticated: true, user: { username: 'jane' } } }, 201);
  } else if (url.endsWith('/subjectaccessreviews'))
    json(response, { ...review, status: { allowed: true } }, 201);
  else {
    const status = { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'NotFound', code: 404 };
    json(response, status, 404);
  }
};

async function ask(path: string, token: string): Promise<{ status: number | undefined; body: string }> {
  const outgoing = request({
    host: '127.0.0.1',
    port,
    path,
    headers: { authorization: `Bearer ${token}` },
    rejectUnauthorized: false,
    agent: false,
  });
  outgoing.end();
  const [response] = await once(outgoing, 'response');
  return { status: response.statusCode, body: await text(response) };
}

test('a kubelet with a kubeconfig asks its API server, and lets in whom that knows', async () => {
  const dir = mkdtempSync('/tmp/kubelet-cluster-');
  await using server = await HttpsServer.start(new TestAuthority(dir, 'ca'), answer);
  const kubeconfig = {
    'current-context': 'c',
    clusters: [
      {
        name: 'k',
        cluster: { server: `https://127.0.0.1:${server.port}`, 'certificate-authority': 'ca.crt' },
      },
    ],
    users: [{ name: 'u', user: { token: 'of-the-node' } }],
    contexts: [{ name: 'c', context: { cluster: 'k', user: 'u' } }],
  };
  const [config, kubeconfigFile] = [join(dir, 'config.yaml'), join(dir, 'kubelet.conf')];
  writeFileSync(kubeconfigFile, JSON.stringify(kubeconfig));
  writeFileSync(
    config,
    'apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\naddress: 127.0.0.1\n',
  );
  const flags = [
    `--config=${config}`,
    `--kubeconfig=${kubeconfigFile}`,
    `--container-runtime-endpoint=${dir}/none.sock`,
    `--root-dir=${dir}/root`,
    '--cgroup-root=/kubelet-cluster-test',
    '--hostname-override=n',
    '--fail-swap-on=false',
    `--port=${port}`,
    '--healthz-port=0',
  ];
  const child = spawn(process.execPath, [main, ...flags], { stdio: ['ignore', 'ignore', 'pipe'] });
  const log = text(child.stderr);
  try {
    const { status, body } = await until('the secure port answers', () => {
      assert.equal(child.exitCode, null, 'the kubelet ended early');
      return ask('/pods', 'of-jane').catch(() => undefined);
    });
    assert.equal(status, 200, body);
    await until('it asks for its node', () =>
      server.requests.some(({ url }) => url.includes('/api/v1/nodes')),
    );
    for (const { headers } of server.requests) {
      assert.equal(headers.authorization, 'Bearer of-the-node');
      assert.match(headers['user-agent'] ?? '', /^kubelet\/v1\.37\.\d+ \(linux\/\w+\) kubernetes\//);
    }
    const reviewed = server.requests.find(({ url }) => url.endsWith('/tokenreviews'));
    assert.deepEqual(JSON.parse(reviewed?.body ?? '{}').spec, { token: 'of-jane' });
    assert.ok(server.connections <= 2, `${server.connections} connections`);
    child.kill('SIGTERM');
    const [code] = await once(child, 'exit');
    assert.equal(code, 0, await log);
  } finally {
    child.kill('SIGKILL');
    rmSync(dir, { recursive: true, force: true });
  }
});
