// Finds pods of an earlier kubelet at start: in the runtime, on disk and in cgroups. kubelet.ts adopts or ends them.
import type { RuntimeClient } from '@berth/cri/client/client.ts';
import type { PodIdentity } from '../api/pod.ts';
import type { PodCgroups } from '../cgroups/pod-cgroups.ts';
import { listRuntimePods } from '../kuberuntime/runtime-pods.ts';
import { removeDeadLinks } from '../logs/log-files.ts';
import type { KubeletOptions } from '../options/kubelet-options.ts';
import { podsOnDisk } from '../volumes/pod-dir.ts';

/** The parameters of leftoverPods. */
export interface LeftoverPorts {
  runtime: RuntimeClient;
  cgroups: Pick<PodCgroups, 'pods'>;
  options: Pick<KubeletOptions, 'rootDir' | 'podLogsDir'>;
}

/** Every pod with remains in the runtime, on disk or in cgroups. Also removes dangling log links. */
export async function leftoverPods({ runtime, cgroups, options }: LeftoverPorts): Promise<PodIdentity[]> {
  removeDeadLinks(options);
  const found = new Map<string, PodIdentity>();
  for (const uid of [...cgroups.pods(), ...(await podsOnDisk(options))]) {
    found.set(uid, { uid, name: '', namespace: '' });
  }
  for (const [uid, pod] of await listRuntimePods(runtime)) found.set(uid, pod);
  return [...found.values()];
}
