// Which pods the runtime has.
import type { RuntimeClient } from '@berth/cri/client/client.ts';
import { PodSandboxState } from '@berth/cri/generated/api.ts';
import { podOfLabels } from '../kubecontainer/labels.ts';

/** The UIDs of the pods whose sandbox is ready: after a reboot of the node there is none. */
export async function readyPods(runtime: Pick<RuntimeClient, 'listPodSandbox'>): Promise<Set<string>> {
  const filter = { state: { state: PodSandboxState.SANDBOX_READY } };
  const { items } = await runtime.listPodSandbox({ filter });
  return new Set(items.flatMap(({ labels }) => podOfLabels(labels)?.uid ?? []));
}
