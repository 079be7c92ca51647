import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PodStatus } from '../api/pod.ts';
import type { ServedPod } from '../api/served-pod.ts';
import { testPod } from '../testing/pod.ts';
import { coveredMs, PodStartMetrics } from './pod-start-metrics.ts';
import { MetricsRegistry } from './registry.ts';

const created = Date.parse('2026-12-01T10:00:00Z');
const pending: PodStatus = { phase: 'Pending' };
const state = { running: { startedAt: '2026-12-01T10:00:03Z' } };
const container = { name: 'c', image: '', imageID: '', ready: true, restartCount: 0 };
const running: PodStatus = {
  phase: 'Running',
  startTime: '2026-12-01T10:00:01Z',
  containerStatuses: [{ ...container, state }],
};

/** The starts that are measured when the server shows these statuses of a pod one after another, a second apart. */
async function starts(statuses: readonly PodStatus[], spec: object = {}): Promise<Record<string, string>> {
  const registry = new MetricsRegistry();
  const metrics = new PodStartMetrics(registry);
  const pod = testPod(
    { containers: [{ name: 'c' }], ...spec },
    { creationTimestamp: '2026-12-01T10:00:00Z' },
  );
  for (const [index, status] of statuses.entries()) {
    const served: ServedPod = { pod, status, resourceVersion: `${index}` };
    metrics.served(new Map([['u', served]]), created + index * 1000);
  }
  const text = await registry.text();
  const series = [...text.matchAll(/^kubelet_(?:pod_)?(\w+_seconds(?:_sum|_count)?) (\S+)$/gm)];
  return Object.fromEntries(series.map(([, name = '', value = '']) => [name, value]));
}

const none = { first_network_pod_start_sli_duration_seconds: '0' };
const twoSeconds = {
  start_total_duration_seconds_sum: '2',
  start_total_duration_seconds_count: '1',
};
const measured = {
  ...twoSeconds,
  start_sli_duration_seconds_sum: '2',
  start_sli_duration_seconds_count: '1',
};

const cases: [what: string, statuses: readonly PodStatus[], expected: object, spec?: object][] = [
  [
    'a pod counts once, when all of its containers have started',
    [pending, { ...running, containerStatuses: [{ ...container, state: {} }] }, running, running],
    { first_network_pod_start_sli_duration_seconds: '2', ...measured },
  ],
  ['one that an earlier kubelet has started does not', [running, running], none],
  ['one that ends before does not', [pending, { ...pending, phase: 'Failed' }, running], none],
  [
    'one that waited for a place does not',
    [
      { ...pending, conditions: [{ type: 'PodScheduled', status: 'False', lastProbeTime: null }] },
      pending,
      running,
    ],
    none,
  ],
  [
    'one of the host network is not the first with a network',
    [pending, pending, running],
    { ...none, ...measured },
    { hostNetwork: true },
  ],
  [
    'one with state is in the total alone',
    [pending, pending, running],
    { ...none, ...twoSeconds },
    { volumes: [{ name: 'v', hostPath: { path: '/v' } }] },
  ],
  [
    'init containers are not in the indicator',
    [
      pending,
      pending,
      {
        ...running,
        initContainerStatuses: [
          {
            ...container,
            state: {
              terminated: {
                exitCode: 0,
                startedAt: '2026-12-01T10:00:01Z',
                finishedAt: '2026-12-01T10:00:02Z',
              },
            },
          },
        ],
      },
    ],
    {
      first_network_pod_start_sli_duration_seconds: '1',
      ...measured,
      start_sli_duration_seconds_sum: '1',
    },
    { volumes: [{ name: 'v', emptyDir: {} }] },
  ],
];

for (const [what, statuses, expected, spec] of cases) {
  test(what, async () => assert.deepEqual(await starts(statuses, spec), expected));
}

test('pulls are not in the indicator', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: created });
  const registry = new MetricsRegistry();
  const metrics = new PodStartMetrics(registry);
  const pod = testPod({ containers: [{ name: 'c' }] }, { creationTimestamp: '2026-12-01T10:00:00Z' });
  const serve = (status: PodStatus) => metrics.served(new Map([['u', { pod, status, resourceVersion: '' }]]));
  serve(pending);
  {
    using _ = metrics.pulling('u');
    t.mock.timers.tick(4000);
  }
  t.mock.timers.tick(1000);
  serve(running);
  const text = await registry.text();
  assert.match(text, /^kubelet_pod_start_total_duration_seconds_sum 5$/m);
  assert.match(text, /^kubelet_pod_start_sli_duration_seconds_sum 1$/m);
});

const periods: [ms: number, ...[from: number, to: number][]][] = [
  [0],
  [5, [0, 5]],
  [7, [0, 5], [8, 10]],
  [10, [4, 10], [0, 5]],
  [10, [0, 10], [2, 3]],
];

for (const [ms, ...each] of periods) {
  test(`${JSON.stringify(each)} covers ${ms} ms`, () => {
    assert.equal(coveredMs(each.map(([from, to]) => ({ from, to }))), ms);
  });
}
