import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testPod } from '../testing/pod.ts';
import { MetricsRegistry } from './registry.ts';
import { countResizes, priorityBucket, requestedResizes } from './resize-metrics.ts';

const podOf = (resources: object) => testPod({ containers: [{ name: 'a', resources }] });

test('each amount of a container that changes is a requested resize', () => {
  const before = podOf({ requests: { cpu: '1', memory: '1Gi' }, limits: { memory: '2Gi' } });
  const after = podOf({ requests: { cpu: '500m', memory: '1024Mi' }, limits: { cpu: '2', memory: '3Gi' } });
  assert.deepEqual(
    requestedResizes(before, after).map((each) => Object.values(each).join(' ')),
    ['memory limits increase', 'cpu requests decrease', 'cpu limits add'],
  );
  assert.deepEqual(
    requestedResizes(after, podOf({ requests: { cpu: '500m', memory: '1Gi' }, limits: { memory: '3Gi' } })),
    [{ resource: 'cpu', requirement: 'limits', operation: 'remove' }],
  );
});

test('priorities are counted by their size', () => {
  const cases: [priority: number | undefined, bucket: string][] = [
    [undefined, 'normal'],
    [0, 'normal'],
    [2_000_001_000, 'system-critical'],
    [100_000, 'high'],
    [99_999, 'medium'],
    [-999, 'low'],
    [-1000, 'very-low'],
  ];
  for (const [priority, bucket] of cases) {
    const pod = testPod({ containers: [], ...(priority !== undefined && { priority }) });
    assert.equal(priorityBucket(pod), bucket);
  }
  assert.equal(priorityBucket(undefined), 'unknown');
});

test('resizes that wait are counted by reason and priority', async () => {
  const registry = new MetricsRegistry();
  const pod = podOf({});
  countResizes(registry, () => ({
    pending: [
      { pod, reason: 'Deferred' },
      { pod, reason: 'Deferred' },
      { pod: undefined, reason: 'Infeasible' },
    ],
    inProgress: 3,
  }));
  const text = await registry.text();
  assert.match(text, /^kubelet_pod_pending_resizes{priority_bucket="normal",reason="deferred"} 2$/m);
  assert.match(text, /^kubelet_pod_pending_resizes{priority_bucket="unknown",reason="infeasible"} 1$/m);
  assert.match(text, /^kubelet_pod_in_progress_resizes 3$/m);
});
