// Logs that pods of another kubelet are in the runtime.
import type { PodIdentity } from '../api/pod.ts';
import { createLogger } from '../klog/klog.ts';

const log = createLogger('tell-foreign-pods.ts');

/** Names in one line of the log. */
const toldNames = 5;

/** Logs one line about the pods of other kubelets that no source of this one wants. */
export function tellForeignPods(
  foreign: readonly PodIdentity[],
  wanted: { has(uid: string): boolean },
): void {
  const left = foreign.filter(({ uid }) => !wanted.has(uid));
  if (left.length === 0) return;
  const names = left.slice(0, toldNames).map(({ namespace, name }) => `${namespace}/${name}`);
  log.warn(
    'Leaving alone pods of another kubelet (they have no folder in the root directory); --adopt ends those that no manifest wants',
    { count: left.length, pods: names.join(' ') },
  );
}
