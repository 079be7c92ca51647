import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  highestRestartCounts,
  knowsView,
  type PodRuntimeStatus,
  type RuntimeContainer,
  type SandboxView,
} from './runtime-status.ts';

type States = Record<string, RuntimeContainer['state']>;

function container(id: string, state: RuntimeContainer['state'], sandboxId: string): RuntimeContainer {
  const times = { createdAt: 0n, startedAt: 0, finishedAt: 0 };
  const end = { exitCode: 0, reason: '', message: '' };
  return {
    id,
    name: id,
    sandboxId,
    state,
    restartCount: 0,
    hash: '',
    image: '',
    imageRef: '',
    ...times,
    ...end,
  };
}

function status(ready: boolean, states: States): PodRuntimeStatus {
  const sandbox = { attempt: 0, createdAt: 0n, hostNetwork: false, ips: [], networkReported: true };
  return {
    uid: 'u',
    name: 'p',
    namespace: 'default',
    sandboxes: [
      { ...sandbox, id: 's', ready },
      { ...sandbox, id: 'former', ready: false },
    ],
    containers: [
      ...Object.entries(states).map(([id, state]) => container(id, state, 's')),
      container('z', 'exited', 'former'),
    ],
  };
}

const view = (ready: boolean, states: States, id = 's'): SandboxView => ({
  id,
  ready,
  containers: new Map(Object.entries(states)),
});

const running = status(true, { a: 'running', b: 'exited' });
const cases: [title: string, view: SandboxView, known: boolean][] = [
  ['the same', view(true, { b: 'exited', a: 'running' }), true],
  ['of a former sandbox, the same', view(false, { z: 'exited' }, 'former'), true],
  ['a container has ended', view(true, { a: 'exited', b: 'exited' }), false],
  ['a container is gone', view(true, { a: 'running' }), false],
  ['a container is new', view(true, { a: 'running', b: 'exited', c: 'created' }), false],
  ['another container', view(true, { a: 'running', c: 'exited' }), false],
  ['the sandbox is dead', view(false, { a: 'running', b: 'exited' }), false],
  ['another sandbox', view(true, {}, 't'), false],
];
for (const [title, seen, known] of cases) {
  test(`an event is ${known ? 'no news' : 'news'}: ${title}`, () =>
    assert.equal(knowsView(running, seen), known));
}

test('restart counts are remembered of containers that were started', () => {
  const have = status(true, { a: 'running', b: 'created' });
  for (const each of have.containers) each.restartCount = 4;
  const counts = highestRestartCounts(
    have,
    new Map([
      ['a', 5],
      ['b', 1],
      ['gone', 2],
    ]),
  );
  assert.deepEqual(Object.fromEntries(counts), { a: 5, b: 1, gone: 2, z: 4 });
});
