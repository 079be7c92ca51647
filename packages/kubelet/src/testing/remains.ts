// What pods leave on a test node: logs while they run, nothing once they have ended.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { detectCgroups } from '@berth/linux/cgroups/detect.ts';
import { mountsBelow } from '@berth/linux/mounts/mount.ts';
import type { Pod } from '../api/pod.ts';
import { PodCgroups } from '../cgroups/pod-cgroups.ts';
import type { Kubelet } from '../kubelet.ts';
import { logPath, podLogDir } from '../paths/pod-paths.ts';
import { type TestNode, untilGone } from './node.ts';

/** Ends all pods of the kubelet, waits until `pods` are gone, and asserts that nothing of them is left anywhere. */
export async function endAll(node: TestNode, kubelet: Kubelet, ...pods: Pod[]): Promise<void> {
  await endAllWithin(undefined, node, kubelet, ...pods);
}

/** As {@link endAll}, where each of `pods` has `timeoutMs` milliseconds to go. */
export async function endAllWithin(
  timeoutMs: number | undefined,
  node: TestNode,
  kubelet: Kubelet,
  ...pods: Pod[]
): Promise<void> {
  kubelet.setPods([]);
  for (const pod of pods) await untilGone(kubelet, pod, timeoutMs);
  const { options, cri } = node;
  const { items } = await cri.runtime.listPodSandbox({});
  const { containers } = await cri.runtime.listContainers({});
  const list = (directory: string) => (existsSync(directory) ? readdirSync(directory) : []);
  assert.deepEqual(
    {
      items,
      containers,
      volumes: list(join(options.rootDir, 'pods')),
      mounts: mountsBelow(options.rootDir),
      logs: list(options.podLogsDir),
      links: list(join(node.dir, 'log', 'containers')),
      cgroups: [...new PodCgroups(detectCgroups(), options).pods()],
    },
    { items: [], containers: [], volumes: [], mounts: [], logs: [], links: [], cgroups: [] },
  );
}

/** What the first `main` container of the pod has logged so far, without times and streams. */
export function logOf(node: TestNode, pod: Pod): string {
  const path = join(podLogDir(node.options, pod.metadata), logPath('main', 0));
  return readFileSync(path, 'utf8').replace(/^\S+ \S+ F /gm, '');
}
