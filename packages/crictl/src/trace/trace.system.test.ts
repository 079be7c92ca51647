// `crictl trace` against berthd: a pod's start with its steps, in a pipe, as JSON and in a terminal; what it cannot know.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { serveCri } from '@berth/cri/server/server.ts';
import { crictl } from '@berth/test-support/crictl.ts';
import { CrictlNode } from '../testing/crictl-node.ts';
import { Terminal } from '../testing/terminal.ts';

let node: CrictlNode;
let pod = '';

before(async () => {
  node = await CrictlNode.start('trace');
  pod = await node.pod('shop/web');
  await node.container(pod, 'app', 'sleep 3600');
});
after(() => node?.[Symbol.asyncDispose]());

interface Call {
  name: string;
  subject?: string;
  offsetMs: number;
  durationMs: number;
  error?: string;
  steps?: Call[];
}

function callsOf(word: string): Call[] {
  const { out, err } = node.crictl('trace', '-o', 'json', word);
  assert.equal(err, '');
  return JSON.parse(out).calls;
}

test('the calls of a start with their steps, one after the other', () => {
  const calls = callsOf('shop/web');
  assert.deepEqual(
    calls.map(({ name, subject }) => [name, subject]),
    [
      ['RunPodSandbox', undefined],
      ['CreateContainer', 'app'],
      ['StartContainer', 'app'],
    ],
  );
  assert.deepEqual(
    calls.map(({ steps }) => steps?.map(({ name }) => name.replace(/crun|runc/, 'runtime'))),
    [['namespaces', 'init'], ['rootfs', 'spec', 'runtime create'], ['runtime start']],
  );
  let end = 0;
  for (const { offsetMs, durationMs, steps } of calls) {
    assert.ok(offsetMs >= end && durationMs > 0);
    for (const step of steps ?? []) assert.ok(step.offsetMs >= offsetMs && step.durationMs <= durationMs);
    end = offsetMs + durationMs;
  }
});

test('restarts change nothing', async () => {
  const before = callsOf('web');
  await node.container(pod, 'app', 'sleep 3600', 1);
  assert.deepEqual(callsOf(pod), before);
});

test('a pod whose sandbox failed, which is in no list', async () => {
  await assert.rejects(node.pod('shop/none', 0, '/proc/none'), /\/proc\/none/);
  assert.match(callsOf('shop/none')[0]?.error ?? '', /\/proc\/none/);
  assert.match(node.crictl('trace', 'none').out, /failed: .*\/proc\/none/);
});

test('in a terminal at 80x24 and 40x20', async () => {
  for (const [columns, rows] of [
    [80, 24],
    [40, 20],
  ] as const) {
    const words = [crictl, ...node.words, 'trace', 'web'];
    using terminal = new Terminal(node.node.dir, { columns, rows }, words.join(' '));
    const screen = await terminal.shows(/between the calls/);
    assert.match(screen, /^shop\/web \([0-9a-f]{13}\): \S+m?s in all\n\n +0 +\S+m?s\nsandbox +\S+m?s █+\n/);
    assert.match(
      screen,
      /\n {2}namespaces +\S+ms .*\n {2}init .*\ncreate app +\S+m?s .*\n[\s\S]*\nstart app /,
    );
  }
});

test('unknown pods, berthds of later, and runtimes that are none', async () => {
  assert.match(node.crictl('trace', 'nothing').err, /code = NotFound/);
  assert.match(node.crictl('trace', '-o', 'xml', 'web').err, /unsupported output format/);
  await node.node.restart();
  const { code, err } = node.crictl('trace', 'web');
  assert.equal(code, 1);
  assert.match(err, /berthd started after the pod, at 20/);

  const socketPath = join(node.node.dir, 'other.sock');
  const version = { version: '0.1.0', runtimeName: 'other', runtimeVersion: '1', runtimeApiVersion: 'v1' };
  const server = await serveCri({ socketPath, runtime: { version: async () => version }, image: {} });
  try {
    const words = ['-r', `unix://${socketPath}`, 'trace', pod];
    const child = await node.run(words);
    assert.match(child.err, /pod starts are an extension of berthd, and this runtime is other/);
  } finally {
    await server.close();
  }
});
