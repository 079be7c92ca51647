// A manifest URL: what a server may answer, and what becomes of the pods.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { listen } from '@berth/http/listen.ts';
import { until } from '@berth/test-support/until.ts';
import { redirectLog } from '../klog/klog.ts';
import { manifest } from '../testing/manifest.ts';
import { testOptions } from '../testing/options.ts';
import type { PodSource, PodUpdate } from './pod-source.ts';
import { podSources } from './sources.ts';

const dir = mkdtempSync(join(tmpdir(), 'http-source-'));
const lines: string[] = [];
const restore = redirectLog((line) => lines.push(line));
const requests: IncomingMessage[] = [];
let answer: RequestListener = (_request, response) => void response.end();
const server = createServer((request, response) => {
  requests.push(request);
  answer(request, response);
});
const sources: PodSource[] = [];
let port = 0;

before(async () => {
  await listen(server, { port: 0, host: '127.0.0.1' });
  const address = server.address();
  port = typeof address === 'object' && address !== null ? address.port : 0;
});
after(async () => {
  for (const source of sources) await source.stop();
  server.close().closeAllConnections();
  restore();
  rmSync(dir, { recursive: true });
});

/** Starts a source that asks 50 times a second; `updates` gets what it reports. */
function start(rootDir: string, url = `http://127.0.0.1:${port}/pods`) {
  const [source] = podSources(
    testOptions({
      nodeName: 'Node-1',
      rootDir: join(dir, rootDir),
      staticPodUrl: {
        url,
        headers: { 'X-Token': ['one', 'two'], Host: ['pods.example'] },
        checkFrequencyMs: 20,
      },
    }),
  );
  assert.ok(source);
  sources.push(source);
  const updates: PodUpdate[] = [];
  source.start((update) => updates.push(update));
  return { source, updates, names: () => updates.at(-1)?.pods.map((pod) => pod.metadata.name) };
}

function serve(body: string | Buffer, headers: Record<string, string> = {}, status = 200): RequestListener {
  return (_request, response) => void response.writeHead(status, headers).end(body);
}

const list = (...names: string[]) =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'PodList',
    items: names.map((name) => JSON.parse(manifest({ metadata: { name } }))),
  });
/** Waits for two more requests, so that one has been answered and dealt with. */
const asked = async () => {
  const { length } = requests;
  await until('the URL was asked again', () => requests.length > length + 1);
};

test('a pod, then a list, then nothing', async () => {
  answer = serve(manifest());
  const { source, updates, names } = start('plain');
  await until('there is a pod', () => updates.length > 0);
  const [pod] = updates[0]?.pods ?? [];
  assert.ok(pod);
  const { name, namespace, uid, annotations = {} } = pod.metadata;
  assert.deepEqual(
    [name, namespace, annotations['kubernetes.io/config.source']],
    ['web-node-1', 'default', 'http'],
  );
  assert.equal(annotations['kubernetes.io/config.hash'], uid);
  assert.match(uid, /^[0-9a-f]{32}$/);
  assert.equal(pod.spec.nodeName, 'Node-1');
  assert.ok(!(pod.spec.tolerations ?? []).some(({ effect }) => effect === 'NoExecute'), 'unlike a file');
  assert.equal(updates[0]?.files.get(uid), `http://127.0.0.1:${port}/pods`);
  assert.deepEqual(requests[0]?.headersDistinct['x-token'], ['one', 'two']);
  assert.equal(requests[0]?.headers.host, 'pods.example');

  await asked();
  assert.equal(updates.length, 1, 'the same content is no update');
  answer = serve(list('web', 'db'));
  await until('there are two', () => names()?.length === 2);
  assert.deepEqual(names(), ['web-node-1', 'db-node-1']);
  assert.equal(updates.at(-1)?.pods[0]?.metadata.uid, uid, 'a pod that did not change is the same');

  answer = serve('');
  await until('there are none', () => names()?.length === 0);
  answer = serve(list('web'));
  await until('there is one', () => names()?.length === 1);
  await source.stop();
});

test('a server that recognizes versions is asked whether there is a new one', async () => {
  let [etag, body] = ['"1"', list('a')];
  answer = (request, response) => {
    if (request.headers['if-none-match'] === etag) return void response.writeHead(304).end();
    response.writeHead(200, { etag }).end(body);
  };
  const { source, names } = start('etag');
  await until('there is a pod', () => names()?.length === 1);
  await asked();
  assert.equal(requests.at(-1)?.headers['if-none-match'], '"1"');
  [etag, body] = ['"2"', list('a', 'b')];
  await until('there are two', () => names()?.length === 2);
  await source.stop();
});

test('errors of any kind end nothing, and are told a few times', async () => {
  answer = serve(list('kept', 'other'));
  const { source, updates, names } = start('errors');
  await until('there are pods', () => names()?.length === 2);
  const bad: [string, RequestListener][] = [
    ['an error', serve('gone', {}, 500)],
    ['no manifest', serve('<html>')],
    ['another object', serve('{"kind":"Service","apiVersion":"v1"}')],
    ['a cut connection', (_request, response) => void response.destroy()],
    ['a body that is too large', serve(Buffer.alloc(11 * 1024 * 1024, ' '))],
    ['redirects without an end', serve('', { location: '/pods' }, 302)],
    ['a redirect to a file', serve('', { location: 'file:///etc/passwd' }, 302)],
  ];
  for (const [what, listener] of bad) {
    answer = listener;
    await asked();
    assert.deepEqual(names(), ['kept-node-1', 'other-node-1'], what);
  }
  answer = serve(list('kept', 'other'));
  await asked();
  lines.length = 0;
  answer = serve('gone', {}, 500);
  for (let round = 0; round < 4; round++) await asked();
  const told = lines.filter((line) => line.includes('Failed to read pods from URL'));
  assert.equal(told.length, 4);
  assert.match(told.at(-1) ?? '', /Dropping verbosity of this message to V\(4\)/);

  // One pod that becomes invalid keeps running; the others follow the manifest.
  answer = serve(
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'PodList',
      items: [JSON.parse(manifest({ metadata: { name: 'kept' }, container: { image: '' } }))],
    }),
  );
  await until('the other has gone', () => names()?.length === 1);
  assert.deepEqual(
    updates.at(-1)?.rejected.map(({ pod, lastGoodRuns }) => [pod, lastGoodRuns]),
    [['default/kept-node-1', true]],
  );
  await source.stop();
});

test('a kubelet that starts while the server is away goes on with what the one before was told', async () => {
  answer = serve(list('kept'));
  const first = start('restart');
  await until('there is a pod', () => first.names()?.length === 1);
  const uid = first.updates[0]?.pods[0]?.metadata.uid;
  await asked();
  await first.source.stop();

  answer = serve('away', {}, 503);
  const second = start('restart');
  await until('it reports', () => second.updates.length > 0);
  assert.deepEqual(second.names(), ['kept-node-1']);
  assert.equal(second.updates[0]?.pods[0]?.metadata.uid, uid);
  await asked();
  assert.deepEqual(second.names(), ['kept-node-1']);
  await second.source.stop();

  // Without such, it reports that there is nothing, so that other sources need not wait.
  const third = start('none', 'http://127.0.0.1:1/pods');
  await until('it reports', () => third.updates.length > 0);
  assert.deepEqual(third.names(), []);
  await third.source.stop();
});

test('credentials do not follow a redirect to another host', async () => {
  const other: IncomingMessage[] = [];
  const elsewhere = createServer((request, response) => {
    other.push(request);
    response.end(list('far'));
  });
  await listen(elsewhere, { port: 0, host: '127.0.0.1' });
  const address = elsewhere.address();
  assert.ok(typeof address === 'object' && address !== null);
  answer = serve('', { location: `http://127.0.0.1:${address.port}/x` }, 307);
  const [source] = podSources(
    testOptions({
      rootDir: join(dir, 'redirect'),
      staticPodUrl: {
        url: `http://127.0.0.1:${port}/pods`,
        headers: { Authorization: ['Bearer secret'], 'X-Other': ['1'] },
        checkFrequencyMs: 1000,
      },
    }),
  );
  assert.ok(source);
  sources.push(source);
  const updates: PodUpdate[] = [];
  source.start((update) => updates.push(update));
  await until(
    'there is a pod',
    () => updates.length > 0,
    () => lines.join(''),
  );
  assert.deepEqual(updates[0]?.rejected, []);
  assert.equal(requests.at(-1)?.headers.authorization, 'Bearer secret');
  assert.deepEqual([other[0]?.headers.authorization, other[0]?.headers['x-other']], [undefined, '1']);
  await source.stop();
  elsewhere.close().closeAllConnections();
});
