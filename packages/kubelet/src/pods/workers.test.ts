import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { Pod, PodStatus } from '../api/pod.ts';
import { redirectLog } from '../klog/klog.ts';
import { testPod } from '../testing/pod.ts';
import { runtimeStatus } from '../testing/runtime-status.ts';
import { PodWorkers } from './workers.ts';

after(redirectLog(() => {}));

const served = (more: object = {}): Pod =>
  testPod(
    { containers: [{ name: 'a' }], terminationGracePeriodSeconds: 30 },
    { annotations: { 'kubernetes.io/config.source': 'api' }, ...more },
  );
const deleted = (graceSeconds: number): Pod =>
  served({ deletionTimestamp: '2026-11-30T10:00:00Z', deletionGracePeriodSeconds: graceSeconds });

/** Workers whose pod has a container that ends with `exitCode`. */
function stage({
  found = false,
  exitCode = 0,
  server,
  stopped = Promise.resolve(),
}: {
  found?: boolean;
  exitCode?: number;
  server?: PodStatus;
  /** When the containers of a pod that ends have stopped. */
  stopped?: Promise<void>;
} = {}) {
  const notes: string[] = [];
  const phases: string[] = [];
  const runs = runtimeStatus('up', 'a:run');
  const workers = new PodWorkers(new Map(), {
    found: found ? [served().metadata] : [],
    fateOf: () => 'wait',
    imposed: new Map(),
    onAdded: () => {},
    onEnded: (uid, wasOrphan) => notes.push(`ended ${uid}${wasOrphan ? ' (orphan)' : ''}`),
    worker: {
      sync: async (_pod, { end, isNew, onView, waiting, resize }) => {
        notes.push(end ? `end by ${end.by}` : isNew ? 'first round' : 'round');
        onView({ runtime: runs, waiting, resize });
        return { status: runs, nextAt: undefined, look: 'on news' };
      },
      terminate: async ({ graceSeconds, isBack }, onStatus) => {
        notes.push(`terminate in ${graceSeconds} s`);
        await stopped;
        if (isBack()) notes.push('keep');
        onStatus(runs, false);
        onStatus(runtimeStatus('down', `a:exit${exitCode}`), true);
      },
      discard: async () => {},
      recordedGracePeriod: async () => 0,
      statuses: {
        set: (_uid, { phase = '' }) => {
          if (phases.at(-1) !== phase) phases.push(phase);
        },
      },
      served: () => server,
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
    },
  });
  const set = async (...pods: Pod[]): Promise<void> => {
    workers.setPods(new Map(pods.map((pod) => [pod.metadata.uid, pod])));
    // What must not happen has no event.
    await new Promise((resolve) => setTimeout(resolve, 20));
  };
  return { workers, notes, phases, set };
}

test('a pod that the API server deletes ends in its grace period, and does not start again', async () => {
  const { workers, notes, phases, set } = stage();
  await set(served());
  assert.equal(workers.mayRun('u'), true);
  await set(deleted(5));
  await set(deleted(5));
  assert.deepEqual(notes, ['first round', 'terminate in 5 s', 'ended u']);
  assert.deepEqual(phases, ['Pending', 'Running', 'Succeeded']);
  assert.deepEqual([workers.has('u'), workers.isOver('u'), workers.mayRun('u')], [false, true, false]);
  await set();
  assert.equal(workers.isOver('u'), false);
});

test('a container that fails to end well makes the pod fail, whatever its restart policy', async () => {
  const { phases, set } = stage({ exitCode: 137 });
  await set(served());
  await set(deleted(5));
  assert.equal(phases.at(-1), 'Failed');
});

test('a pod that is removed by force ends in the grace period of its specification', async () => {
  const { workers, notes, set } = stage();
  await set(served());
  await set();
  assert.deepEqual(notes, ['first round', 'terminate in 30 s', 'ended u']);
  assert.equal(workers.isOver('u'), false);
});

test('a pod that was deleted while no kubelet ran only ends, and keeps a phase that was final', async () => {
  const { notes, phases, set } = stage({ found: true, exitCode: 1, server: { phase: 'Succeeded' } });
  await set(deleted(0));
  assert.deepEqual(notes, ['terminate in 0 s', 'ended u']);
  assert.deepEqual(phases, ['Succeeded']);
});

test('a pod that others have ended on the API server is stopped', async () => {
  const server: PodStatus = { phase: 'Running' };
  const { workers, notes, phases, set } = stage({ found: true, server });
  await set(served());
  Object.assign(server, { phase: 'Failed', reason: 'NodeLost' });
  workers.onServed('u');
  // A round has no event.
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.deepEqual(notes, ['round', 'end by finished']);
  assert.equal(phases.at(-1), 'Failed');
  await workers.stop();
});

test('a pod of an earlier kubelet is not shown as waiting before the runtime was read', async () => {
  const { phases, set, workers } = stage({ found: true, server: { phase: 'Running' } });
  await set(served());
  assert.deepEqual(phases, ['Running']);
  await workers.stop();
});

test('a pod that is back before it has ended keeps its containers, unless it goes again', async () => {
  const stop = Promise.withResolvers<void>();
  const { notes, set } = stage({ stopped: stop.promise });
  await set(served());
  await set();
  await set(served());
  stop.resolve();
  await set(served());
  assert.deepEqual(notes, ['first round', 'terminate in 30 s', 'keep', 'ended u', 'round']);
  notes.length = 0;
  const again = Promise.withResolvers<void>();
  const other = stage({ stopped: again.promise });
  for (const pods of [[served()], [], [served()], []]) await other.set(...pods);
  again.resolve();
  await other.set();
  assert.deepEqual(other.notes, [
    'first round',
    'terminate in 30 s',
    'keep',
    'terminate in 0 s',
    'ended u (orphan)',
  ]);
});
