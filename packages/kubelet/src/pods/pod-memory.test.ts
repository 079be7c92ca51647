import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resourcesOf } from '../api/allocated-resources.ts';
import type { PodStatus } from '../api/pod.ts';
import { sizesOf } from '../cgroups/sizes.ts';
import type { PodRecord } from '../podfiles/pod-record.ts';
import { testPod } from '../testing/pod.ts';
import { runtimeStatus } from '../testing/runtime-status.ts';
import { PodMemory } from './pod-memory.ts';

const version = (cpu: string) => testPod({ containers: [{ name: 'a', resources: { limits: { cpu } } }] });
const [one, two] = [version('1'), version('2')];

/** A memory of the first version whose earlier kubelet has left `record`; what it shows and saves. */
function memoryWith(record: PodRecord | undefined) {
  const shown: PodStatus[] = [];
  const saved: PodRecord[] = [];
  const memory = new PodMemory(one.metadata, one, {
    statuses: { set: (_uid, status) => void shown.push(status) },
    prober: { observe: () => {}, terminating: () => {}, result: () => undefined },
    records: { load: () => record, save: (_uid, each) => void saved.push(each) },
    runtimeName: 'berth',
    handlers: { canMountRecursivelyReadOnly: () => true },
    options: { nodeIps: [] },
  });
  return { memory, shown, saved };
}

/** The record of a kubelet that has seen container `a` run. */
function recordOfRunning(): PodRecord {
  const { memory, saved } = memoryWith(undefined);
  memory.observe(runtimeStatus('up', 'a:run'));
  memory.save();
  const [record] = saved;
  assert.ok(record);
  return record;
}

test('a manifest that changes before the runtime was read restarts nothing in the status', () => {
  const { memory, shown, saved } = memoryWith(recordOfRunning());
  memory.setPod(two, undefined);
  memory.impose({ by: 'preempted', preemptor: 'x' });
  const counts = () => shown.at(-1)?.containerStatuses?.map(({ restartCount }) => restartCount);
  assert.deepEqual([shown.length, counts()], [1, [0]]);
  // What was granted is for the next kubelet all the same.
  assert.deepEqual(saved.at(-1)?.allocated, resourcesOf(two));
  memory.observe(runtimeStatus('up', 'a:run'));
  assert.deepEqual(counts(), [0]);
});

test('sizes are recorded as soon as a step has changed them, and not with every step', () => {
  const { memory, saved } = memoryWith(recordOfRunning());
  const view = { runtime: runtimeStatus('up', 'a:run'), waiting: new Map() };
  const { resize } = memory.beginRound(one);
  memory.observeView({ ...view, resize });
  assert.equal(saved.length, 0);
  memory.setPod(two, undefined);
  memory.observeView({ ...view, resize: { actuated: sizesOf(two), error: undefined } });
  assert.deepEqual(
    saved.map(({ actuated }) => actuated),
    [sizesOf(one), sizesOf(two)],
  );
});

test('a resize is in progress until the runtime was read again', () => {
  const { memory, shown } = memoryWith(recordOfRunning());
  const isInProgress = () =>
    shown.at(-1)?.conditions?.some(({ type }) => type === 'PodResizeInProgress') === true;
  const runtime = runtimeStatus('up', 'a:run');
  memory.observe(runtime);
  memory.setPod(two, undefined);
  assert.ok(isInProgress());
  memory.observeView({ runtime, waiting: new Map(), resize: { actuated: sizesOf(two), error: undefined } });
  assert.ok(isInProgress());
  memory.observe(runtimeStatus('up', 'a:run'));
  assert.ok(!isInProgress());
});
