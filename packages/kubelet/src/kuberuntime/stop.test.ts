import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { redirectLog } from '../klog/klog.ts';
import { testPod } from '../testing/pod.ts';
import { runtimeStatus } from '../testing/runtime-status.ts';
import { stopContainer } from './stop.ts';

after(redirectLog(() => {}));

test('a preStop command that is late goes on until its container is killed', async (t) => {
  // By this clock the timer fires before its time.
  t.mock.method(performance, 'now', () => 0);
  const preStop = { exec: { command: ['sleep', '60'] } };
  const pod = testPod({ containers: [{ name: 'a', lifecycle: { preStop } }] });
  const seen: (AbortSignal | undefined)[] = [];
  const graces: bigint[] = [];
  const killed = Promise.withResolvers<never>();
  const events: string[] = [];
  await stopContainer(
    { identity: pod.metadata, pod, status: runtimeStatus('up', 'a:run') },
    { id: 'a1', name: 'a' },
    3,
    {
      runtime: {
        execSync: (_request, options) => {
          seen.push(options?.signal);
          return killed.promise;
        },
        stopContainer: async ({ timeout }) => {
          graces.push(BigInt(timeout ?? 0));
          return {};
        },
        containerStatus: () => assert.fail('the definition is known'),
      },
      options: { nodeIps: [], runtimeRequestTimeoutMs: 1000 },
      events: { record: (_about, type, reason) => void events.push(`${type} ${reason}`) },
      hookMetrics: { fellBackToHttp: () => {}, sleepEndedEarly: () => {} },
    },
  );
  assert.deepEqual(graces, [2n]);
  assert.deepEqual(
    seen.map((signal) => signal?.aborted),
    [false],
  );
  killed.reject(new Error('its container is gone'));
  await setImmediate();
  assert.deepEqual(events, ['Normal Killing', 'Warning FailedPreStopHook']);
});
