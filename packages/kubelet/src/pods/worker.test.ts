import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PodStatus } from '../api/pod.ts';
import { sizesOf } from '../cgroups/sizes.ts';
import type { PodRecord } from '../podfiles/pod-record.ts';
import { testPod } from '../testing/pod.ts';
import { runtimeStatus } from '../testing/runtime-status.ts';
import type { PodEnd } from './end/pod-end.ts';
import { PodWorker } from './worker.ts';

/** What these tests do not look at. */
const ports = {
  terminate: async () => {},
  discard: async () => {},
  recordedGracePeriod: async () => 0,
  records: { load: () => undefined, save: () => {} },
  prober: {
    observe: () => {},
    nudge: () => {},
    terminating: () => {},
    forget: () => {},
    result: () => undefined,
  },
  runtimeName: 'berth',
  handlers: { canMountRecursivelyReadOnly: () => true },
  options: { nodeIps: [] },
};

test('a deadline that ends during a round is for the next one, which follows at once', async () => {
  const pod = testPod({ activeDeadlineSeconds: 5, containers: [{ name: 'a' }] });
  // Its sandbox is older than the deadline, which the worker learns in its first round.
  const late = runtimeStatus('up', 'a:run');
  const ends: (PodEnd | undefined)[] = [];
  const shown: PodStatus[] = [];
  const second = Promise.withResolvers<void>();
  const worker = new PodWorker(
    pod.metadata,
    pod,
    {
      ...ports,
      sync: async (_pod, { end, onView, waiting, resize }) => {
        ends.push(end);
        onView({ runtime: late, waiting, resize });
        if (ends.length === 2) second.resolve();
        return { status: late, nextAt: undefined, look: 'on news' };
      },
      statuses: { set: (_uid, status) => void shown.push(status) },
    },
    { onCleared: () => {}, isBack: () => false, onDone: () => {} },
  );
  worker.wake();
  await second.promise;
  const phases = shown.map(({ phase }) => phase);
  await worker.stop();
  assert.deepEqual(ends, [undefined, { by: 'deadline' }]);
  // Before the first round, twice in it, and in the second one.
  assert.deepEqual(phases, ['Pending', 'Running', 'Running', 'Failed']);
});

test('a pod shows the resize that it is in, and remembers what its cgroups were given', async () => {
  const version = (cpu: string) => testPod({ containers: [{ name: 'a', resources: { limits: { cpu } } }] });
  const [one, two] = [version('1'), version('2')];
  const runs = runtimeStatus('up', 'a:run');
  const given: (number | undefined)[] = [];
  const saved: PodRecord[] = [];
  let conditions: string[] = [];
  const record = { status: {}, restartCounts: new Map(), actuated: sizesOf(one) };
  const worker = new PodWorker(
    two.metadata,
    two,
    {
      ...ports,
      sync: async (pod, { onView, waiting, resize }) => {
        given.push(resize.actuated.containers.get('a')?.cpuLimit);
        onView({ runtime: runs, waiting, resize });
        const during = conditions;
        onView({ runtime: runs, waiting, resize: { actuated: sizesOf(pod), error: undefined } });
        assert.deepEqual([during, conditions], [['PodResizeInProgress'], []]);
        return { status: runs, nextAt: undefined, look: 'on news' };
      },
      records: { load: () => record, save: (_uid, each) => void saved.push(each) },
      statuses: {
        set: (_uid, status) => {
          conditions = (status.conditions ?? [])
            .map(({ type }) => type)
            .filter((type) => /Resize/.test(type));
        },
      },
    },
    { onCleared: () => {}, isBack: () => false, onDone: () => {} },
  );
  worker.wake();
  await worker.stop();
  assert.deepEqual([given, saved.at(-1)?.actuated], [[1000], sizesOf(two)]);
  worker.update(two, { reason: 'Deferred', message: 'no room' });
  assert.deepEqual([worker.pending?.reason, conditions], ['Deferred', ['PodResizePending']]);
});

test('a pod that has finished in a round is looked at once more: it gives back what it has', async () => {
  const pod = testPod({ restartPolicy: 'Never', containers: [{ name: 'a' }] });
  const over = runtimeStatus('down', 'a:exit0');
  const ends: (PodEnd | undefined)[] = [];
  const second = Promise.withResolvers<void>();
  const worker = new PodWorker(
    pod.metadata,
    pod,
    {
      ...ports,
      sync: async (_pod, { end }) => {
        ends.push(end);
        if (ends.length === 2) second.resolve();
        return { status: over, nextAt: undefined, look: 'on news' };
      },
      statuses: { set: () => {} },
    },
    { onCleared: () => {}, isBack: () => false, onDone: () => {} },
  );
  worker.wake();
  await second.promise;
  await new Promise(setImmediate);
  await worker.stop();
  assert.deepEqual(ends, [undefined, { by: 'finished', phase: 'Succeeded' }]);
});
