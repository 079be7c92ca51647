import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PodStatus } from '../api/pod.ts';
import { sizeLabel } from './image-metrics.ts';
import { operationOf } from './observed-cri.ts';
import { PodMetrics, rejectionLabel } from './pod-metrics.ts';
import { MetricsRegistry } from './registry.ts';
import { pluginName } from './volume-metrics.ts';

const ended = (name: string, exitCode: number) => ({
  name,
  image: '',
  imageID: '',
  ready: false,
  restartCount: 0,
  state: { terminated: { exitCode, reason: exitCode === 0 ? 'Completed' : 'Error' } },
});

test('an end of a container counts once, and a start when the pod runs', async () => {
  const registry = new MetricsRegistry();
  const metrics = new PodMetrics(registry);
  const pending: PodStatus = { phase: 'Pending' };
  const running: PodStatus = { phase: 'Running', initContainerStatuses: [ended('i', 0)] };
  const adopted: PodStatus = { phase: 'Running' };
  const failed: PodStatus = { ...running, phase: 'Failed', containerStatuses: [ended('c', 1)] };
  metrics.statusChanged('u', undefined, pending);
  metrics.statusChanged('u', pending, pending);
  metrics.statusChanged('u', pending, running);
  metrics.statusChanged('u', running, running);
  metrics.statusChanged('u', running, failed);
  // A pod of an earlier kubelet was never seen to wait.
  metrics.statusChanged('adopted', undefined, adopted);
  const lines = (await registry.text()).split('\n');
  assert.deepEqual(
    lines.filter((line) =>
      /^kubelet_(terminated_containers_total|pod_start_duration_seconds_count)/.test(line),
    ),
    [
      'kubelet_pod_start_duration_seconds_count 1',
      'kubelet_terminated_containers_total{container_type="init_container",exit_code="0",reason="Completed"} 1',
      'kubelet_terminated_containers_total{container_type="container",exit_code="1",reason="Error"} 1',
    ],
  );
});

test('labels', () => {
  assert.deepEqual(['OutOfcpu', 'OutOfexample.com/gpu', 'made up'].map(rejectionLabel), [
    'OutOfcpu',
    'OutOfExtendedResources',
    'Other',
  ]);
  assert.deepEqual([0, 1, 10 * 1024 ** 2, 10 * 1024 ** 2 + 1, 200 * 1024 ** 3].map(sizeLabel), [
    'N/A',
    '0-10MB',
    '0-10MB',
    '10MB-100MB',
    'GT100GB',
  ]);
  assert.deepEqual(
    ['listContainers', 'runPodSandbox', 'imageFsInfo', 'execSync', 'version'].map(operationOf),
    ['list_containers', 'run_podsandbox', 'image_fs_info', 'exec_sync', 'version'],
  );
  assert.deepEqual(['emptyDir', 'secret'].map(pluginName), [
    'kubernetes.io/empty-dir',
    'kubernetes.io/secret',
  ]);
});
