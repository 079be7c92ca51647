// Effects whose starts of sandboxes and containers are counted.
import { findContainer } from '../../api/each-container.ts';
import type { StartFailure } from '../../kubecontainer/start-error.ts';
import type { ImageMetrics, ImageVolumeCounts } from '../../metrics/image-metrics.ts';
import type { ContainerType, PodMetrics } from '../../metrics/pod-metrics.ts';
import type { ResizeMetrics } from '../../metrics/resize-metrics.ts';
import type { Effects } from './effect.ts';
import type { PodView } from './view.ts';

/** What a runtime's error begins with when it cannot mount the image of a volume. */
const volumeFailed = 'ImageVolumeMountFailed';

/** The same effects; what they start is counted. */
export function observedEffects(
  effects: Effects,
  { pods, images, resizes }: { pods: PodMetrics; images: ImageMetrics; resizes: ResizeMetrics },
): Effects {
  return {
    ...effects,
    'create-sandbox': async (step, view, signal) => {
      const outcome = await effects['create-sandbox'](step, view, signal);
      const hasUserNamespace = view.pod.spec.hostUsers === false;
      pods.startedPod({ failed: outcome.result === 'pod-failed', hasUserNamespace });
      return outcome;
    },
    'resize-pod': async (step, view, signal) => {
      const began = performance.now();
      const outcome = await effects['resize-pod'](step, view, signal);
      const isDone = outcome.result === 'pod-resized' && outcome.error === undefined;
      resizes.actuated(isDone, Math.round(performance.now() - began));
      return outcome;
    },
    'start-container': async (step, view, signal) => {
      const outcome = await effects['start-container'](step, view, signal);
      if (outcome.result !== 'aborted') {
        const failure = outcome.result === 'container-failed' ? outcome.failure : undefined;
        pods.startedContainer(containerType(view, step.name), failure?.reason);
        images.volumes(imageVolumeCounts(view, step.name, failure));
      }
      return outcome;
    },
  };
}

/** The image volumes of a pod, and the mounts that a container has of them. Pure. */
export function imageVolumeCounts(
  { pod: { spec } }: Pick<PodView, 'pod'>,
  name: string,
  failure: StartFailure | undefined,
): ImageVolumeCounts {
  const volumes = new Set((spec.volumes ?? []).filter(({ image }) => image).map((volume) => volume.name));
  const mounts = findContainer(spec, name)?.volumeMounts ?? [];
  const count = mounts.filter((mount) => volumes.has(mount.name)).length;
  const failed =
    failure?.reason === 'CreateContainerError' && failure.message.startsWith(volumeFailed) ? count : 0;
  return { requested: volumes.size, mounted: count - failed, failed };
}

function containerType({ pod: { spec } }: PodView, name: string): ContainerType {
  if (spec.initContainers?.some((container) => container.name === name)) return 'init_container';
  return spec.containers.some((container) => container.name === name) ? 'container' : 'ephemeral_container';
}
