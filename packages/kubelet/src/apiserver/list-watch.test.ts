// A ListWatch with a real server whose answers the test writes.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import type { Http2ServerResponse } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { redirectLog } from '../klog/klog.ts';
import { TestAuthority } from '../testing/certificates.ts';
import { HttpsServer, json } from '../testing/https-server.ts';
import type { ApiObject } from './api-client.ts';
import { ApiServer } from './api-server.ts';
import { ListWatch } from './list-watch.ts';

const dir = mkdtempSync(join(tmpdir(), 'berth-list-watch-'));
after(() => rmSync(dir, { recursive: true }));
const authority = new TestAuthority(dir, 'ca');
const pods = { group: '', version: 'v1', plural: 'pods' };

function object(name: string, resourceVersion: string): ApiObject {
  return { metadata: { name, namespace: 'n', uid: name, resourceVersion } };
}

/** A list or watch that waits for its answer. */
interface Question {
  url: string;
  response: Http2ServerResponse;
}

class Script implements AsyncDisposable {
  readonly noted: string[] = [];
  readonly watch: ListWatch<ApiObject>;
  readonly pauses: number[] = [];
  readonly #server: HttpsServer;
  readonly #api: ApiServer;
  readonly #questions: Question[] = [];
  #wake = Promise.withResolvers<void>();

  private constructor(server: HttpsServer, take: (asked: (question: Question) => void) => void) {
    this.#server = server;
    take((question) => {
      this.#questions.push(question);
      this.#wake.resolve();
    });
    this.#api = new ApiServer(server.access(), { version: 'v1', environment: {} });
    this.watch = new ListWatch({
      client: this.#api.client({ qps: -1, burst: 0, timeoutMs: 10_000 }),
      resource: pods,
      selection: { fieldSelector: 'spec.nodeName=x' },
      random: () => 0,
      sleep: async (ms) => {
        this.pauses.push(ms);
      },
      onAdd: ({ metadata }) => {
        this.noted.push(`+${metadata?.name}`);
        if (metadata?.name === 'bad') throw new Error('no good');
      },
      onUpdate: (_, { metadata }) => this.noted.push(`~${metadata?.name}`),
      onDelete: ({ metadata }) => this.noted.push(`-${metadata?.name}`),
      onSynced: () => this.noted.push('synced'),
    });
  }

  static async start(): Promise<Script> {
    let asked: (question: Question) => void = () => {};
    const server = await HttpsServer.start(authority, ({ url }, response) => asked({ url, response }));
    const script = new Script(server, (take) => {
      asked = take;
    });
    script.watch.start();
    return script;
  }

  /** The next request: its parameters but for those that all watches have, and how to answer. */
  async next(): Promise<{ query: string; response: Http2ServerResponse; send(...events: unknown[]): void }> {
    while (this.#questions.length === 0) {
      await this.#wake.promise;
      this.#wake = Promise.withResolvers<void>();
    }
    const question = this.#questions.shift();
    assert.ok(question);
    const { url, response } = question;
    const parameters = new URL(url, 'https://a').searchParams;
    assert.equal(parameters.get('fieldSelector'), 'spec.nodeName=x');
    const query = [...parameters]
      .filter(
        ([name]) =>
          !['fieldSelector', 'allowWatchBookmarks', 'timeoutSeconds', 'resourceVersionMatch'].includes(name),
      )
      .map(([name, value]) => `${name}=${value}`)
      .join('&');
    const send = (...events: unknown[]): void => {
      for (const event of events) response.write(`${JSON.stringify(event)}\n`);
    };
    return { query, response, send };
  }

  dropConnections(): void {
    for (const socket of this.#server.sockets) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.watch.stop();
    this.#api[Symbol.dispose]();
    await this.#server[Symbol.asyncDispose]();
  }
}

const added = (name: string, version: string) => ({ type: 'ADDED', object: object(name, version) });
const bookmark = (resourceVersion: string) => ({
  type: 'BOOKMARK',
  object: { metadata: { resourceVersion } },
});
const end = (resourceVersion: string) => ({
  type: 'BOOKMARK',
  object: { metadata: { resourceVersion, annotations: { 'k8s.io/initial-events-end': 'true' } } },
});

test('a stream, its changes, and a watch that goes on where it ended', async () => {
  await using it = await Script.start();
  const first = await it.next();
  assert.equal(first.query, 'watch=true&sendInitialEvents=true');
  first.send(added('a', '1'), added('b', '2'));
  assert.equal(it.watch.hasSynced(), false);
  first.send(end('2'));
  await it.watch.synced();
  assert.deepEqual(it.noted, ['+a', '+b', 'synced']);
  first.send(
    { type: 'MODIFIED', object: object('a', '3') },
    { type: 'DELETED', object: object('b', '4') },
    added('c', '5'),
    bookmark('9'),
  );
  first.response.end();
  const second = await it.next();
  assert.equal(second.query, 'watch=true&resourceVersion=9');
  assert.deepEqual(it.noted.splice(3), ['~a', '-b', '+c']);
  assert.deepEqual(
    it.watch.list().map(({ metadata }) => metadata?.name),
    ['a', 'c'],
  );
  assert.equal(it.watch.get('n/a')?.metadata?.resourceVersion, '3');
  assert.deepEqual(it.pauses, []);
});

test('a version that has expired: another stream, whose differences are told', async () => {
  await using it = await Script.start();
  (await it.next()).send(added('a', '1'), added('b', '1'), end('2'), {
    type: 'ERROR',
    object: { kind: 'Status', status: 'Failure', reason: 'Expired', code: 410 },
  });
  const second = await it.next();
  assert.equal(second.query, 'watch=true&resourceVersion=2&sendInitialEvents=true');
  assert.deepEqual(it.pauses, [800]);
  // Nor has it that version.
  json(
    second.response,
    { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'Expired', code: 410 },
    410,
  );
  const third = await it.next();
  assert.equal(third.query, 'watch=true&sendInitialEvents=true');
  it.noted.length = 0;
  third.send(added('b', '1'), added('c', '7'), end('8'));
  third.response.end();
  assert.equal((await it.next()).query, 'watch=true&resourceVersion=8');
  assert.deepEqual(it.noted, ['-a', '+c', 'synced']);
});

test('a server without streams is asked for a list', async () => {
  await using it = await Script.start();
  const refusal = { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'Invalid', code: 422 };
  const restore = redirectLog(() => {});
  json((await it.next()).response, refusal, 422);
  const list = await it.next();
  restore();
  assert.equal(list.query, 'resourceVersion=0');
  json(list.response, { metadata: { resourceVersion: '5' }, items: null });
  await it.watch.synced();
  assert.deepEqual(it.noted, ['synced']);
  assert.equal((await it.next()).query, 'watch=true&resourceVersion=5');
});

test('connections that break, before and after all objects are known', async () => {
  await using it = await Script.start();
  (await it.next()).send(added('a', '1'));
  it.dropConnections();
  const second = await it.next();
  assert.equal(second.query, 'watch=true&sendInitialEvents=true');
  assert.deepEqual(it.noted, []);
  second.send(added('a', '1'), end('1'));
  await it.watch.synced();
  it.dropConnections();
  const third = await it.next();
  assert.equal(third.query, 'watch=true&resourceVersion=1');
  assert.deepEqual(it.pauses, [800, 1600]);
  // Half an event is none.
  third.response.write('{"type":"ADDED","object":{"metadata":{"name":"z"');
  third.response.end();
  assert.equal((await it.next()).query, 'watch=true&resourceVersion=1');
  assert.deepEqual(it.noted, ['+a', 'synced']);
});

test('an event that is none, and a handler that fails', async () => {
  const lines: string[] = [];
  const restore = redirectLog((line) => lines.push(line));
  await using it = await Script.start();
  const first = await it.next();
  first.send(added('bad', '1'), added('good', '1'), end('2'));
  await it.watch.synced();
  first.response.write('no JSON\n');
  const second = await it.next();
  restore();
  assert.equal(second.query, 'watch=true&resourceVersion=2');
  assert.deepEqual(it.noted, ['+bad', '+good', 'synced']);
  assert.match(
    lines.join(''),
    /A handler of an object failed" type="pods" fieldSelector="spec.nodeName=x" err="no good"/,
  );
});

test('a watch that is stopped while it waits', async () => {
  const script = await Script.start();
  await script.next();
  await script[Symbol.asyncDispose]();
  await assert.rejects(script.watch.synced(AbortSignal.timeout(10)), { name: 'TimeoutError' });
});
