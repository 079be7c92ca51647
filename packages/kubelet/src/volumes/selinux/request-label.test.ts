import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MetricsRegistry } from '../../metrics/registry.ts';
import { VolumeMetrics } from '../../metrics/volume-metrics.ts';
import { testPod } from '../../testing/pod.ts';
import { withoutSelinux, withSelinux } from '../../testing/selinux.ts';
import type { VolumePlugin } from '../plugin.ts';
import { labelledPlugin, requestLabel } from './request-label.ts';

const prepared = { from: 'node', path: '/v', isReadOnly: false, isRelabelled: true } as const;
const plugin: VolumePlugin = { kind: 'emptyDir', isLive: false, setUp: async () => prepared };
const pod = testPod({
  containers: ['s0:c2', 's0:c1'].map((level, index) => ({
    name: `c${index}`,
    volumeMounts: [{ name: 'v', mountPath: '/v' }],
    securityContext: { seLinuxOptions: { level } },
  })),
});

function ports(selinux = withSelinux) {
  const registry = new MetricsRegistry();
  const metrics = new VolumeMetrics(registry);
  const counted = async () =>
    (await registry.text()).split('\n').filter((line) => line.startsWith('volume_manager_selinux'));
  return { selinux, metrics, counted };
}

test('several labels for a persistent volume are an error', async () => {
  const { counted, ...labels } = ports();
  const file = 'system_u:object_r:container_file_t';
  assert.throws(() => requestLabel(labels, pod, 'v', 'RWX'), {
    name: 'VolumeRefusal',
    isProcessed: false,
    message: `multiple SELinux labels found: ${file}:s0:c1,${file}:s0:c2`,
  });
  const family = 'volume_manager_selinux_pod_context_mismatch_errors_total';
  assert.deepEqual(await counted(), [`${family}{access_mode="RWX"} 1`]);
});

test('several labels for a volume that the pod describes itself are counted', async () => {
  const { counted, ...labels } = ports();
  const { signal } = new AbortController();
  assert.equal(
    await labelledPlugin(plugin, labels).setUp(pod, { name: 'v', emptyDir: {} }, signal),
    prepared,
  );
  const family = 'volume_manager_selinux_pod_context_mismatch_warnings_total';
  assert.deepEqual(await counted(), [`${family}{access_mode="inline"} 1`]);
});

test('a node without SELinux has no labels', () => {
  const { counted: _, ...labels } = ports(withoutSelinux);
  assert.equal(labelledPlugin(plugin, labels), plugin);
  assert.deepEqual(requestLabel(labels, pod, 'v', 'RWO'), { label: '', accessMode: 'RWO' });
});
