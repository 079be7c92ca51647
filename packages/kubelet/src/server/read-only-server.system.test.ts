// The HTTP answers, over a real socket on loopback.
import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { RejectedManifest } from '../config/pod-source.ts';
import { type ServerSubject, serveHealthz, serveReadOnly } from './read-only-server.ts';

const rejected: RejectedManifest[] = [
  { file: '/m/a.yaml', message: 'kind: Required value', lastGoodRuns: false },
];
const seen: string[] = [];
const subject: ServerSubject = {
  pods: () => [],
  rejected: () => rejected,
  unhealthy: () => undefined,
  endpoints: {
    '/metrics/cadvisor': async () => ({ status: 200, contentType: 'text/x', body: 'm' }),
    '/stats/summary': async (query) => ({ status: 500, contentType: 'text/plain', body: `${query}` }),
  },
  observe: ({ method, path }) => {
    seen.push(`${method} ${path}`);
    return () => {};
  },
};

test('/healthz, /pods, /rejected and nothing else', async () => {
  const server = await serveReadOnly('127.0.0.1', 0, subject);
  const { port } = server.address() as AddressInfo;
  const get = async (path: string, method = 'GET'): Promise<[number, string]> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { method });
    return [response.status, await response.text()];
  };
  try {
    assert.deepEqual(await get('/healthz'), [200, 'ok']);
    assert.deepEqual(await get('/pods'), [
      200,
      '{"kind":"PodList","apiVersion":"v1","metadata":{},"items":null}\n',
    ]);
    assert.deepEqual(await get('/pods/?x=1'), await get('/pods'));
    assert.deepEqual(JSON.parse((await get('/rejected'))[1]), rejected);
    assert.deepEqual(await get('/'), [404, '404 page not found\n']);
    assert.equal((await get('/pods', 'POST'))[0], 405);
    assert.deepEqual(await get('/healthz', 'HEAD'), [200, '']);
    assert.deepEqual(await get('/metrics/cadvisor'), [200, 'm']);
    assert.deepEqual(await get('/stats/summary?only_cpu_and_memory=true'), [500, 'only_cpu_and_memory=true']);
    assert.deepEqual(seen.slice(-3), ['HEAD healthz', 'GET metrics/cadvisor', 'GET stats']);
    assert.ok(seen.includes('GET other'), 'a path that is not served is no label');
    await assert.rejects(serveReadOnly('127.0.0.1', port, subject), /in use; is another kubelet running\?/);
  } finally {
    server.close().closeAllConnections();
  }
});

test('/healthz says what is wrong', async () => {
  const server = await serveHealthz('127.0.0.1', 0, { ...subject, unhealthy: () => 'no runtime' });
  const { port } = server.address() as AddressInfo;
  try {
    const response = await fetch(`http://127.0.0.1:${port}/healthz`);
    assert.equal(response.status, 500);
    assert.match(await response.text(), /runtime failed: no runtime/);
    assert.equal((await fetch(`http://127.0.0.1:${port}/pods`)).status, 404);
  } finally {
    server.close().closeAllConnections();
  }
});
