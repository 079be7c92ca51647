// Starts the pulls of a pod, then makes its volumes, cgroup and log directory, before its sandbox and containers.
import { mkdirSync } from 'node:fs';
import { messageOf } from '@berth/common/error-message.ts';
import { findContainer } from '../../api/each-container.ts';
import { type ImageVolumeSource, type Pod, podKey } from '../../api/pod.ts';
import type { PodCgroups } from '../../cgroups/pod-cgroups.ts';
import { aboutContainer, aboutPod, type EventSubject, type Recorder } from '../../events/event.ts';
import type { ImageManager } from '../../images/image-manager.ts';
import { createLogger } from '../../klog/klog.ts';
import type { PresentImage } from '../../kubecontainer/present-image.ts';
import type { RuntimeHandlers } from '../../kuberuntime/runtime-handlers.ts';
import type { SandboxConfigOf } from '../../kuberuntime/sandbox-config-of.ts';
import type { KubeletOptions } from '../../options/kubelet-options.ts';
import { podLogDir } from '../../paths/pod-paths.ts';
import type { VolumeManager } from '../../volumes/manager.ts';
import { VolumeError } from '../../volumes/volume-error.ts';
import type { Effect } from './effect.ts';
import { tellSandboxFailure } from './sandbox-failure.ts';

const log = createLogger('prepare-pod.ts');

/** The parameters of preparing a pod. */
export interface PreparePodPorts {
  images: Pick<ImageManager, 'ensure'>;
  volumes: Pick<VolumeManager, 'setUp'>;
  cgroups: Pick<PodCgroups, 'ensure'>;
  sandboxConfigOf: SandboxConfigOf;
  handlers: Pick<RuntimeHandlers, 'check'>;
  options: Pick<KubeletOptions, 'podLogsDir' | 'rootDir'>;
  events: Recorder;
}

/** The effect that starts pulls, then prepares volumes and cgroup. */
export function preparePodEffect(ports: PreparePodPorts): Effect<'prepare-pod'> {
  return async ({ containers }, { pod, runtime }, signal) => {
    try {
      await ports.handlers.check(pod);
      const config = pullConfig(ports, pod, runtime.sandboxes[0]?.attempt ?? 0);
      const pull = (
        image: Parameters<ImageManager['ensure']>[1],
        subject: EventSubject | undefined,
      ): Promise<PresentImage> => {
        const pulled = ports.images.ensure(pod, image, config, subject);
        // start-container reports the failure, if it runs.
        pulled.catch(() => {});
        return pulled;
      };
      const images = new Map<string, Promise<PresentImage>>();
      for (const name of containers) {
        const container = findContainer(pod.spec, name);
        if (!container) throw new Error(`the pod has no container ${name}`);
        images.set(name, pull(container, aboutContainer(pod, name)));
      }
      const imageVolumes = new Map(
        (pod.spec.volumes ?? []).flatMap(({ name, image }) =>
          image ? [[name, pull(volumeImage(image), aboutPod(pod))] as const] : [],
        ),
      );
      const volumes = await ports.volumes.setUp(pod, signal);
      await ports.cgroups.ensure(pod).catch((error: unknown) => {
        const told = `unable to ensure pod container exists: ${messageOf(error)}`;
        ports.events.record(aboutPod(pod), 'Warning', 'FailedCreatePodContainer', told);
        throw error;
      });
      mkdirSync(podLogDir(ports.options, pod.metadata), { recursive: true, mode: 0o755 });
      return { result: 'prepared', volumes, images, imageVolumes };
    } catch (error) {
      if (signal.aborted) return { result: 'aborted' };
      log.error('Failed to prepare pod', { err: error, pod: podKey(pod) });
      const message = messageOf(error);
      return error instanceof VolumeError
        ? { result: 'pod-failed', message, retryAt: error.retryAt }
        : { result: 'pod-failed', message };
    }
  };
}

/** The sandbox's configuration, for pulls: volumes are not there yet. Throws, and tells, when it cannot be made. */
function pullConfig({ sandboxConfigOf, events }: PreparePodPorts, pod: Pod, attempt: number) {
  try {
    return sandboxConfigOf(pod, attempt, new Map());
  } catch (error) {
    throw new Error(tellSandboxFailure(events, pod, error));
  }
}

/** The image of a volume, as that of a container. */
function volumeImage({ reference = '', pullPolicy = 'IfNotPresent' }: ImageVolumeSource) {
  return { image: reference, imagePullPolicy: pullPolicy };
}
