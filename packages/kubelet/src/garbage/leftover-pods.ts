// Finds pods of an earlier kubelet at start: in the runtime, on disk and in cgroups. pods/workers.ts adopts or ends them.
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
  cgroups: Pick<PodCgroups, 'pods' | 'isEmpty'>;
  isOurs: (uid: string) => boolean;
  options: Pick<KubeletOptions, 'rootDir' | 'podLogsDir'>;
}

/** Pods with remains on this node. */
export interface LeftoverPods {
  /** Those of this kubelet, and empty cgroups that are nobody's. */
  ours: PodIdentity[];
  /** Those in the runtime that another kubelet runs. */
  foreign: PodIdentity[];
  /** UIDs of all pods whose sandbox is ready: after a reboot of the node there is none. */
  ready: Set<string>;
}

/** Every pod with remains in the runtime, on disk or in cgroups. Also removes dangling log links. */
export async function leftoverPods({
  runtime,
  cgroups,
  isOurs,
  options,
}: LeftoverPorts): Promise<LeftoverPods> {
  removeDeadLinks(options);
  const inRuntime = await listRuntimePods(runtime);
  const nameless = [...cgroups.pods(), ...(await podsOnDisk(options))].filter((uid) => !inRuntime.has(uid));
  const ours = new Map<string, PodIdentity>();
  for (const uid of nameless) {
    if (isOurs(uid) || cgroups.isEmpty(uid)) ours.set(uid, { uid, name: '', namespace: '' });
  }
  const foreign: PodIdentity[] = [];
  const ready = new Set<string>();
  for (const [uid, pod] of inRuntime) {
    if (pod.isReady) ready.add(uid);
    if (isOurs(uid)) ours.set(uid, pod);
    else foreign.push(pod);
  }
  return { ours: [...ours.values()], foreign, ready };
}
