// Finds what a request names, in the kubelet's pods and in the runtime.
import type { RuntimeClient } from '@berth/cri/client/client.ts';
import { ContainerState, PodSandboxState } from '@berth/cri/generated/api.ts';
import type { PodWithStatus } from '../../api/pod.ts';
import { podLabels } from '../../kubecontainer/labels.ts';

/** The pod of this name; undefined when the kubelet does not know it. */
export function podByName(
  pods: readonly PodWithStatus[],
  namespace: string,
  name: string,
): PodWithStatus | undefined {
  return pods.find(({ metadata }) => metadata.namespace === namespace && metadata.name === name);
}

/** The runtime's id of the newest running container of this name; undefined when none runs. */
export async function runningContainer(
  runtime: Pick<RuntimeClient, 'listContainers'>,
  pod: { namespace: string; name: string },
  container: string,
): Promise<string | undefined> {
  const { containers } = await runtime.listContainers({
    filter: {
      state: { state: ContainerState.CONTAINER_RUNNING },
      labelSelector: { ...podSelector(pod), [podLabels.container]: container },
    },
  });
  return newest(containers);
}

/** The runtime's id of the pod's newest ready sandbox; undefined when none is ready. */
export async function readySandbox(
  runtime: Pick<RuntimeClient, 'listPodSandbox'>,
  pod: { namespace: string; name: string },
): Promise<string | undefined> {
  const { items } = await runtime.listPodSandbox({
    filter: { state: { state: PodSandboxState.SANDBOX_READY }, labelSelector: podSelector(pod) },
  });
  return newest(items);
}

function podSelector({ namespace, name }: { namespace: string; name: string }): Record<string, string> {
  return { [podLabels.namespace]: namespace, [podLabels.name]: name };
}

function newest(list: readonly { id: string; createdAt: bigint }[]): string | undefined {
  return [...list].sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1))[0]?.id;
}
