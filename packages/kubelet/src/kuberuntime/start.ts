// Makes the files that a container mounts, then calls CreateContainer and StartContainer.
import { join } from 'node:path';
import { messageOf } from '@berth/common/error-message.ts';
import type { RuntimeClient } from '@berth/cri/client/client.ts';
import type { ContainerConfig, DeepPartial, PodSandboxConfig } from '@berth/cri/generated/api.ts';
import type { Container, Pod } from '../api/pod.ts';
import { containerConfig } from '../containers/container-config.ts';
import type { PresentImage } from '../kubecontainer/present-image.ts';
import { StartError, type StartFailureReason } from '../kubecontainer/start-error.ts';
import { linkLog, makeLogDir, restartCountFromLogs } from '../logs/log-files.ts';
import type { NodeCapacity } from '../node/node-facts.ts';
import type { KubeletOptions } from '../options/kubelet-options.ts';
import { podDir } from '../paths/pod-paths.ts';
import { makeTerminationLog } from '../podfiles/termination-log.ts';
import { writeHostsFile } from '../podfiles/write-hosts-file.ts';
import { volumePaths } from '../volumes/mount-paths.ts';

/** The parameters of creating and starting a container. */
export interface StartContainerPorts {
  runtime: Pick<RuntimeClient, 'createContainer' | 'startContainer'>;
  options: KubeletOptions;
  capacity: NodeCapacity;
}

/** The sandbox and volumes of a container. */
export interface ContainerPlace {
  sandboxId: string;
  sandboxConfig: DeepPartial<PodSandboxConfig>;
  podIps: string[];
  /** Id of the container whose process namespace an ephemeral container looks into. */
  targetId: string | undefined;
  /** The restart count is at least this: one more than of the last that is known to have been started. */
  leastRestartCount: number;
  /** Paths on the node of the pod's volumes, by name. */
  volumes: ReadonlyMap<string, string>;
}

/**
 * Starts `container` from a pulled image, and returns its id. Throws StartError with the reason for its status.
 */
export async function startContainer(
  pod: Pod,
  container: Container,
  image: PresentImage,
  restartCount: number | undefined,
  place: ContainerPlace,
  ports: StartContainerPorts,
): Promise<string> {
  const { runtime, options } = ports;
  const config = await failingAs('CreateContainerConfigError', () =>
    prepare(pod, container, image, restartCount, place, ports),
  );
  const { containerId } = await failingAs('CreateContainerError', () =>
    runtime.createContainer({ podSandboxId: place.sandboxId, config, sandboxConfig: place.sandboxConfig }),
  );
  await failingAs('RunContainerError', () => runtime.startContainer({ containerId }));
  linkLog(options, pod.metadata, { name: container.name, id: containerId, logPath: config.logPath ?? '' });
  return containerId;
}

/** Makes the files that the container mounts, and its configuration. */
async function prepare(
  pod: Pod,
  container: Container,
  image: PresentImage,
  restartCount: number | undefined,
  place: ContainerPlace,
  ports: StartContainerPorts,
): Promise<DeepPartial<ContainerConfig>> {
  const { options, capacity } = ports;
  makeLogDir(options, pod.metadata, container.name);
  const podIps = pod.spec.hostNetwork ? options.nodeIps : place.podIps;
  const podPlace = { hostIps: options.nodeIps, podIps, node: capacity };
  const { uid } = pod.metadata;
  const attempt = {
    name: container.name,
    restartCount: Math.max(
      place.leastRestartCount,
      restartCount ?? restartCountFromLogs(options, pod.metadata, container.name),
    ),
  };
  return containerConfig(
    pod,
    container,
    {
      restartCount: attempt.restartCount,
      image,
      place: podPlace,
      volumePaths: volumePaths(pod, container, place.volumes, podPlace, options),
      hostsFile: hostsFile(pod, podIps, options),
      targetId: place.targetId,
      terminationLog:
        container.terminationMessagePath === '' ? undefined : makeTerminationLog(options, uid, attempt),
    },
    options,
  );
}

/** Makes the hosts file. A pod without an address has none and uses the image's. */
function hostsFile(pod: Pod, podIps: string[], options: KubeletOptions): string | undefined {
  if (podIps.length === 0 && pod.spec.hostNetwork !== true) return undefined;
  const path = join(podDir(options, pod.metadata.uid), 'etc-hosts');
  writeHostsFile(pod, path, podIps, options.clusterDomain);
  return path;
}

async function failingAs<Result>(
  reason: StartFailureReason,
  operation: () => Promise<Result>,
): Promise<Result> {
  try {
    return await operation();
  } catch (error) {
    throw new StartError(reason, messageOf(error), { cause: error });
  }
}
