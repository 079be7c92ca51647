// The grace period of an orphan: read from its containers' annotations, because its manifest is gone.
import type { RuntimeClient } from '@berth/cri/client/client.ts';
import { containerAnnotations, podLabels } from '../kubecontainer/labels.ts';

/** Kubernetes' default. */
const defaultGraceSeconds = 30;

/** The grace period in the annotations of a pod's containers; the longest if they differ. */
export async function recordedGracePeriod(runtime: RuntimeClient, uid: string): Promise<number> {
  const filter = { labelSelector: { [podLabels.uid]: uid } };
  const { containers } = await runtime.listContainers({ filter });
  const recorded = containers
    .map(({ annotations }) => Number(annotations[containerAnnotations.terminationGracePeriod]))
    .filter((seconds) => Number.isInteger(seconds) && seconds >= 0);
  return recorded.length > 0 ? Math.max(...recorded) : defaultGraceSeconds;
}
