// What the ports without authentication serve, over real sockets on loopback: no more than the real kubelet's.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, statSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { freePort } from '@berth/test-support/registry.ts';
import { scratchDir } from '@berth/test-support/scratch.ts';
import type { RejectedManifest } from '../config/pod-source.ts';
import { testOptions } from '../testing/options.ts';
import { testHost } from '../testing/server.ts';
import { type RunningServer, startServers } from './start-servers.ts';

const { path: dir, [Symbol.dispose]: removeDir } = scratchDir('servers');
const rejected: RejectedManifest[] = [
  { file: '/m/a.yaml', message: 'kind: Required value', lastGoodRuns: false },
];
const figures = 'kubelet_figure 1\\n'.repeat(100);
const endpoint = async () => ({ status: 200, contentType: 'text/plain', body: figures });
const host = testHost({
  rejected: () => rejected,
  unhealthy: () => 'no runtime',
  restart: (pod) => (pod === 'default/p' ? { status: 404, why: 'there is no pod default/p' } : undefined),
  endpoints: { '/metrics': endpoint, '/stats/summary': endpoint },
});
let options = testOptions({ rootDir: dir });
let servers: RunningServer[] = [];

before(async () => {
  mkdirSync(join(dir, 'second'));
  options = {
    ...options,
    readOnlyServer: { address: '127.0.0.1', port: await freePort() },
    healthzServer: { address: '127.0.0.1', port: await freePort() },
  };
  servers = await startServers(options, host);
});
after(() => {
  for (const server of servers) server.close();
  removeDir();
});

async function ask(place: { port: number } | { socketPath: string }, what: string) {
  const [method = '', path = ''] = what.split(' ');
  const [response] = await once(get({ host: '127.0.0.1', ...place, method, path, agent: false }), 'response');
  return [response.statusCode, await text(response)];
}

const empty = '{"kind":"PodList","apiVersion":"v1","metadata":{},"items":null}\n';
const disabled = 'Debug endpoints are disabled.\n';
const nothing = '404 page not found\n';
const readOnly: [request: string, status: number, body: string | undefined][] = [
  ['GET /pods', 200, empty],
  ['GET /pods/?x=1', 200, empty],
  ['POST /pods', 405, '405: Method Not Allowed'],
  ['GET /rejected', 200, `${JSON.stringify(rejected)}\n`],
  [
    'GET /healthz',
    500,
    '[+]ping ok\n[+]log ok\n[-]syncloop failed: reason withheld\n[+]device-plugin ok\nhealthz check failed\n',
  ],
  ['GET /healthz/ping', 200, 'ok'],
  ['GET /', 404, nothing],
  ['GET /configz', 404, nothing],
  ['GET /statusz', 404, nothing],
  ['GET /flagz', 404, nothing],
  ['POST /checkpoint/a/b/c', 404, nothing],
  ['PUT /debug/flags/v', 404, nothing],
  ['GET /debug/pprof/heap', 405, disabled],
  ['POST /run/a/b/c?cmd=id', 405, disabled],
  ['GET /exec/a/b/c?output=1', 405, disabled],
  ['GET /attach/a/b/c', 405, disabled],
  ['GET /portForward/a/b', 405, disabled],
  ['GET /containerLogs/a/b/c', 405, disabled],
  ['GET /runningpods/', 405, disabled],
  ['GET /logs/', 405, disabled],
];

for (const [request, status, body] of readOnly) {
  test(`read-only port and socket: ${request}`, async () => {
    assert.deepEqual(await ask({ port: options.readOnlyServer.port }, request), [status, body]);
    assert.deepEqual(await ask({ socketPath: join(dir, 'kubelet.sock') }, request), [status, body]);
  });
}

test('metrics are compressed for clients that ask for it, and statistics never', async () => {
  const { port } = options.readOnlyServer;
  const encoded = async (path: string, accept: string) => {
    const headers = { 'accept-encoding': accept };
    const [response] = await once(get({ host: '127.0.0.1', port, path, headers, agent: false }), 'response');
    return { encoding: response.headers['content-encoding'], body: await buffer(response) };
  };
  const compressed = await encoded('/metrics', 'gzip, deflate');
  assert.equal(compressed.encoding, 'gzip');
  assert.ok(compressed.body.length < figures.length);
  assert.equal(gunzipSync(compressed.body).toString(), figures);
  for (const [path, accept] of [
    ['/metrics', 'identity'],
    ['/stats/summary', 'gzip'],
  ] as const) {
    const { encoding, body } = await encoded(path, accept);
    assert.deepEqual([encoding, body.toString()], [undefined, figures]);
  }
});

test('the socket also has events and restarts, which the port has not', async () => {
  const socket = { socketPath: join(dir, 'kubelet.sock') };
  const none = '{"kind":"EventList","apiVersion":"v1","metadata":{},"items":[]}\n';
  assert.deepEqual(await ask(socket, 'GET /events?pod=default/p'), [200, none]);
  assert.deepEqual(await ask(socket, 'POST /restart?pod=default/p'), [404, 'there is no pod default/p\n']);
  assert.deepEqual(await ask(socket, 'POST /restart?pod=default/q'), [202, 'The pod is restarted.']);
  for (const request of ['GET /events', 'POST /restart?pod=default/q']) {
    assert.deepEqual(await ask({ port: options.readOnlyServer.port }, request), [404, nothing], request);
  }
});

test('the health port tells that the process is there, and nothing else', async () => {
  const { port } = options.healthzServer;
  assert.deepEqual(await ask({ port }, 'GET /healthz'), [200, 'ok']);
  assert.deepEqual(await ask({ port }, 'GET /healthz/ping'), [200, 'ok']);
  for (const path of ['/pods', '/debug/pprof/heap', '/metrics', '/logs/', '/healthz/syncloop']) {
    assert.deepEqual(await ask({ port }, `GET ${path}`), [404, nothing], path);
  }
});

test('the socket is for root, and a port that is taken is named with its flag', async () => {
  assert.equal(statSync(join(dir, 'kubelet.sock')).mode & 0o777, 0o600);
  const { port } = options.readOnlyServer;
  const taken = { address: '127.0.0.1', port };
  const none = { address: '127.0.0.1', port: 0 };
  const again = { ...options, rootDir: join(dir, 'second'), healthzServer: none };
  for (const [changed, flag] of [
    [{ readOnlyServer: taken }, '--read-only-port'],
    [{ readOnlyServer: none, healthzServer: taken }, '--healthz-port'],
    [{ readOnlyServer: none, secureServer: { ...options.secureServer, ...taken } }, '--port'],
  ] as const) {
    const { tls } = options.secureServer;
    const secureServer = {
      ...options.secureServer,
      ...('secureServer' in changed && changed.secureServer),
      tls: { ...tls, certDir: join(dir, 'pki') },
    };
    await assert.rejects(startServers({ ...again, ...changed, secureServer }, host), {
      message: `unable to listen on 127.0.0.1:${port}: in use; is another kubelet running? Choose another with ${flag}`,
    });
  }
});
