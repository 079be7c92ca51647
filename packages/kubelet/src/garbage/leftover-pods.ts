// Pods that an earlier kubelet left on this node.
import type { RuntimeClient } from '@berth/cri/client/client.ts';
import type { PodIdentity } from '../api/pod.ts';
import type { PodCgroups } from '../cgroups/pod-cgroups.ts';
import { listRuntimePods } from '../kuberuntime/runtime-pods.ts';
import { removeDeadLinks } from '../logs/log-files.ts';
import type { KubeletOptions } from '../options/kubelet-options.ts';
import { podsOnDisk } from '../volumes/pod-dir.ts';

/** What finding them needs. */
export interface LeftoverPorts {
  runtime: RuntimeClient;
  cgroups: Pick<PodCgroups, 'pods'>;
  options: Pick<KubeletOptions, 'rootDir' | 'podLogsDir'>;
}

/** Every pod of which there is something here: in the runtime, on disk or in the cgroups. Removes dead log links. */
export async function leftoverPods({ runtime, cgroups, options }: LeftoverPorts): Promise<PodIdentity[]> {
  removeDeadLinks(options);
  const found = new Map<string, PodIdentity>();
  for (const uid of [...cgroups.pods(), ...(await podsOnDisk(options))]) {
    found.set(uid, { uid, name: '', namespace: '' });
  }
  for (const [uid, pod] of await listRuntimePods(runtime)) found.set(uid, pod);
  return [...found.values()];
}
