import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { type EndedSpan, keptStarts, type PodNames, PodStarts } from './pod-starts.ts';
import { toMessage } from './pod-starts-handlers.ts';
import { recordStarts } from './record-starts.ts';
import { noTracing, type Tracer } from './tracer.ts';

const names = (name: string, sandboxId?: string): PodNames => ({
  sandboxId,
  namespace: 'shop',
  name,
  uid: `uid of ${name}`,
});
const call = (name: string, subject = '', error?: string): EndedSpan => ({
  name,
  subject,
  startedAt: 0,
  endedAt: 1,
  error,
  steps: [],
});

const cases: [what: string, given: [EndedSpan, PodNames][], kept: string[]][] = [
  [
    'the calls of its start, pulls by the names of the pod',
    [
      [call('RunPodSandbox'), names('web', 's1')],
      [call('PullImage', 'nginx'), names('web')],
      [call('CreateContainer', 'nginx'), names('web', 's1')],
      [call('StartContainer', 'nginx'), names('web', 's1')],
    ],
    ['RunPodSandbox ', 'PullImage nginx', 'CreateContainer nginx', 'StartContainer nginx'],
  ],
  [
    'no restarts, but what is tried again after a failure',
    [
      [call('RunPodSandbox'), names('web', 's1')],
      [call('PullImage', 'nginx', 'not there'), names('web')],
      [call('PullImage', 'nginx'), names('web')],
      [call('PullImage', 'nginx'), names('web')],
      [call('StartContainer', 'nginx'), names('web', 's1')],
      [call('StartContainer', 'nginx'), names('web', 's1')],
    ],
    ['RunPodSandbox ', 'PullImage nginx', 'PullImage nginx', 'StartContainer nginx'],
  ],
  [
    "nothing of others' and nothing before its sandbox",
    [
      [call('PullImage', 'early'), names('web')],
      [call('CreateContainer', 'early'), names('web', 's1')],
      [call('RunPodSandbox'), names('web', 's1')],
      [call('RunPodSandbox'), names('other', 's2')],
      [call('CreateContainer', 'theirs'), names('other', 's2')],
      [call('PullImage', 'nobody'), names('nobody')],
      [call('RunPodSandbox', '', 'refused'), names('nameless')],
    ],
    ['RunPodSandbox '],
  ],
];
for (const [what, given, kept] of cases) {
  test(`a pod keeps ${what}`, () => {
    const starts = new PodStarts();
    for (const [span, pod] of given) starts.add(span, pod);
    const [start] = starts.list('s1');
    assert.deepEqual(
      start?.calls.map(({ name, subject }) => `${name} ${subject}`),
      kept,
    );
  });
}

test('the starts of the newest pods are kept, and so many calls of each', () => {
  const starts = new PodStarts();
  for (let index = 0; index < keptStarts + 10; index++) {
    starts.add(call('RunPodSandbox'), names(`pod${index}`, `s${index}`));
  }
  assert.equal(starts.list().length, keptStarts);
  assert.equal(starts.list()[0]?.sandboxId, 's10');
  assert.deepEqual(starts.list('s9'), []);
  for (let index = 0; index < 40; index++) {
    starts.add(call('CreateContainer', `c${index}`), names('pod20', 's20'));
  }
  const [start] = starts.list('s20');
  assert.deepEqual([start?.calls.length, start?.leftOut], [32, 9]);
});

test('of a pod that is tried again and again the last try is kept', () => {
  const starts = new PodStarts();
  for (const id of ['s1', 's2', 's3']) starts.add(call('RunPodSandbox', '', 'no network'), names('web', id));
  starts.add(call('RunPodSandbox'), names('web', 's4'));
  starts.add(call('RunPodSandbox'), names('web', 's5'));
  assert.deepEqual(
    starts.list().map(({ sandboxId }) => sandboxId),
    ['s4', 's5'],
  );
});

test('spans become the steps of the calls that they begin in, and go on to the next tracer', async () => {
  const passed: string[] = [];
  const next: Tracer = {
    ...noTracing,
    span: (name, _attributes, run) => {
      passed.push(name);
      return run();
    },
    call: ({ rpc }, run) => {
      passed.push(rpc);
      return run();
    },
    describe: (attributes) => passed.push(...Object.keys(attributes)),
  };
  const starts = new PodStarts();
  const tracer = recordStarts(starts, next);
  const header = () => undefined;
  // Work that takes time, so that spans have a length.
  const work = (ms: number) => () => setTimeout(ms);
  const runPod = (id: string) =>
    tracer.call({ rpc: 'RunPodSandbox', header }, async () => {
      tracer.describe({ 'sandbox.id': id, 'k8s.pod.name': `name of ${id}` });
      await tracer.span('namespaces', {}, work(1));
      await Promise.all([
        tracer.span('network', {}, () => tracer.span('plugin', {}, work(5))),
        tracer.span('init', {}, work(1)),
      ]);
      return id;
    });
  assert.deepEqual(await Promise.all(['a', 'b'].map(runPod)), ['a', 'b']);
  await tracer.call({ rpc: 'Version', header }, () => tracer.span('unseen', {}, async () => {}));
  const failing = tracer.call({ rpc: 'StartContainer', header }, async () => {
    tracer.describe({ 'sandbox.id': 'a', 'k8s.container.name': 'app' });
    await tracer.span('crun start', {}, () => Promise.reject(new Error('no such file')));
  });
  await assert.rejects(failing, { message: 'no such file' });

  const [start] = starts.list('a');
  assert.ok(start);
  assert.equal(start.name, 'name of a');
  const rows = toMessage(start).spans.map(({ name, subject, parent, error }) => [
    name,
    subject,
    parent,
    error,
  ]);
  assert.deepEqual(rows, [
    ['RunPodSandbox', '', 0, ''],
    ['namespaces', '', 1, ''],
    ['network', '', 1, ''],
    ['plugin', '', 3, ''],
    ['init', '', 1, ''],
    ['StartContainer', 'app', 0, 'no such file'],
    ['crun start', '', 6, 'no such file'],
  ]);
  assert.equal(toMessage(starts.list('b')[0] ?? start).spans.length, 5);
  for (const { startedAt, duration } of toMessage(start).spans) {
    const age = Date.now() - Number(startedAt / 1_000_000n);
    assert.ok(Math.abs(age) < 60_000, String(age));
    assert.ok(duration >= 0n && duration < 60_000_000_000n);
  }
  assert.deepEqual(passed.slice(-6), [
    'Version',
    'unseen',
    'StartContainer',
    'sandbox.id',
    'k8s.container.name',
    'crun start',
  ]);
});

test('an image of many layers is not kept with all of them', async () => {
  const starts = new PodStarts();
  const tracer = recordStarts(starts, noTracing);
  await tracer.call({ rpc: 'RunPodSandbox', header: () => undefined }, async () => {
    tracer.describe({ 'sandbox.id': 'a' });
    for (let index = 0; index < 100; index++) await tracer.span('unpack', {}, async () => {});
  });
  assert.equal(starts.list('a')[0]?.calls[0]?.steps.length, 16);
});
