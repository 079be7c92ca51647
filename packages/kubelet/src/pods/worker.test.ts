import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PodStatus } from '../api/pod.ts';
import { testPod } from '../testing/pod.ts';
import { runtimeStatus } from '../testing/runtime-status.ts';
import type { PodEnd } from './end/pod-end.ts';
import { PodWorker } from './worker.ts';

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
      sync: async (_pod, { end, onView, waiting, resize }) => {
        ends.push(end);
        onView({ runtime: late, waiting, resize });
        if (ends.length === 2) second.resolve();
        return { status: late, nextAt: undefined, look: 'on news' };
      },
      terminate: async () => {},
      recordedGracePeriod: async () => 0,
      records: { load: () => undefined, save: () => {} },
      statuses: { set: (_uid, status) => void shown.push(status) },
      prober: {
        observe: () => {},
        nudge: () => {},
        terminating: () => {},
        forget: () => {},
        result: () => undefined,
      },
      runtimeName: 'berth',
      canMountRecursivelyReadOnly: true,
      options: { nodeIps: [] },
    },
    { onCleared: () => {}, onDone: () => {} },
  );
  worker.wake();
  await second.promise;
  const phases = shown.map(({ phase }) => phase);
  await worker.stop();
  assert.deepEqual(ends, [undefined, { by: 'deadline' }]);
  // Before the first round, twice in it, and in the second one.
  assert.deepEqual(phases, ['Pending', 'Running', 'Running', 'Failed']);
});
