import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { Status } from 'kubernetes-types/meta/v1.d.ts';
import { type ApiClient, ApiError } from '../apiserver/api-client.ts';
import { redirectLog } from '../klog/klog.ts';
import { EventRecorder } from './event-recorder.ts';
import { EventSink } from './event-sink.ts';

const pod = { name: 'p', namespace: 'default', uid: 'u' };
after(redirectLog(() => {}));

/** Notes calls, and answers with the next of `answers`: an error, or success when there is none. */
class FakeEvents {
  readonly calls: string[] = [];
  readonly answers: (Error | undefined)[];
  readonly #waiting: [calls: number, done: () => void][] = [];

  constructor(...answers: (Error | undefined)[]) {
    this.answers = answers;
  }

  readonly create: ApiClient['create'] = async (_resource, where, object) => {
    this.#note(`create ${where.namespace} ${JSON.stringify(object)}`);
    return object;
  };

  readonly patch: ApiClient['patch'] = async (_resource, where, type, patch) => {
    this.#note(`patch ${where.namespace}/${where.name} ${type} ${JSON.stringify(patch)}`);
    return Object(patch);
  };

  async called(times: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (this.calls.length >= times) return;
    this.#waiting.push([times, resolve]);
    await promise;
  }

  #note(call: string): void {
    this.calls.push(call);
    for (const [calls, done] of this.#waiting) if (this.calls.length >= calls) done();
    const answer = this.answers.shift();
    if (answer) throw answer;
  }
}

const refused = (code: number, reason: string, details: Status['details'] = {}): ApiError =>
  new ApiError({ reason, message: reason, details }, code);

function recorderWith(server: FakeEvents): { recorder: EventRecorder; sink: EventSink } {
  const sink = new EventSink(server, { retryMs: 1 });
  return { sink, recorder: new EventRecorder('node', (event) => sink.put(event)) };
}

test('the first event is created, its repetitions are patches', async () => {
  const server = new FakeEvents();
  const { recorder } = recorderWith(server);
  recorder.record({ pod }, 'Warning', 'BackOff', 'again');
  recorder.record({ pod }, 'Warning', 'BackOff', 'again');
  await server.called(2);
  const [created = '', patched = ''] = server.calls;
  assert.match(
    created,
    /^create default \{"apiVersion":"v1","kind":"Event","metadata":\{"name":"p\.[0-9a-f]+"/,
  );
  assert.match(
    patched,
    /^patch default\/p\.[0-9a-f]+ strategic \{"count":2,"lastTimestamp":"[-0-9T:]+Z","message":"again"\}$/,
  );
});

test('a repetition of an event that the server has deleted is created', async () => {
  const server = new FakeEvents(undefined, refused(404, 'NotFound'));
  const { recorder } = recorderWith(server);
  recorder.record({ pod }, 'Warning', 'BackOff', 'again');
  recorder.record({ pod }, 'Warning', 'BackOff', 'again');
  await server.called(3);
  assert.match(server.calls[2] ?? '', /^create .*"count":2/);
});

test('what the server refuses is dropped, and the next event goes on', async () => {
  const terminating = { causes: [{ reason: 'NamespaceTerminating' }] };
  const server = new FakeEvents(refused(403, 'Forbidden', terminating), refused(409, 'AlreadyExists'));
  const { recorder } = recorderWith(server);
  for (const text of ['a', 'b', 'c']) recorder.record({ pod }, 'Normal', 'Pulled', text);
  await server.called(3);
  assert.deepEqual(
    server.calls.map((call) => /"message":"(.)"/.exec(call)?.[1]),
    ['a', 'b', 'c'],
  );
});

test('a server that does not answer is asked again, twelve times at most, in order', async () => {
  const server = new FakeEvents(...Array.from({ length: 12 }, () => new Error('ECONNREFUSED')));
  const { recorder } = recorderWith(server);
  recorder.record({ pod }, 'Normal', 'Pulled', 'a');
  recorder.record({ pod }, 'Normal', 'Pulled', 'b');
  await server.called(13);
  const messages = server.calls.map((call) => /"message":"(.)"/.exec(call)?.[1]).join('');
  assert.equal(messages, `${'a'.repeat(12)}b`);
});

test('at most 1000 events wait', async () => {
  const lines: string[] = [];
  const restore = redirectLog((line) => lines.push(line));
  const { promise, resolve } = Promise.withResolvers<void>();
  const created: object[] = [];
  const sink = new EventSink({
    create: async (_resource, _where, object) => {
      created.push(object);
      await promise;
      return object;
    },
    patch: () => assert.fail('nothing is repeated'),
  });
  const recorder = new EventRecorder('node', (event) => sink.put(event));
  for (let index = 0; index < 1001; index++) {
    recorder.record({ pod: { ...pod, uid: `${index}` } }, 'Normal', 'Pulled', 'x');
  }
  restore();
  assert.equal(lines.filter((line) => line.includes('too many queued events, dropped event')).length, 1);
  sink.stop();
  resolve();
  await new Promise(setImmediate);
  assert.equal(created.length, 1, 'nothing is delivered after the stop');
});
