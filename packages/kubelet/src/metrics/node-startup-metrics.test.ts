import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NodeStartupMetrics } from './node-startup-metrics.ts';
import { MetricsRegistry } from './registry.ts';

test('the steps of a start are measured once, and only for a new node', async () => {
  const registry = new MetricsRegistry();
  let now = 20_000;
  const startup = new NodeStartupMetrics(registry, { bootedAt: 1000, startedAt: 11_000 }, () => now);
  const values = async () =>
    [...(await registry.text()).matchAll(/^kubelet_node_startup(\w*)_duration_seconds (\S+)$/gm)].map(
      ([, step, value]) => `${step} ${value}`,
    );
  startup.ready();
  startup.registered();
  assert.deepEqual(await values(), [
    ' 0',
    '_post_registration 0',
    '_pre_kubelet 0',
    '_pre_registration 0',
    '_registration 0',
  ]);
  startup.registrationAttempted();
  now = 22_500;
  startup.registrationAttempted();
  startup.registered();
  now = 23_000;
  startup.ready();
  now = 99_000;
  startup.registered();
  startup.ready();
  assert.deepEqual(await values(), [
    ' 22',
    '_post_registration 0.5',
    '_pre_kubelet 10',
    '_pre_registration 9',
    '_registration 2.5',
  ]);
});
