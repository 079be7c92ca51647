// Makes the files that a container mounts, then calls CreateContainer and StartContainer.
import { join } from 'node:path';
import { messageOf } from '@berth/common/error-message.ts';
import type { RuntimeClient } from '@berth/cri/client/client.ts';
import type { ContainerConfig, DeepPartial, PodSandboxConfig } from '@berth/cri/generated/api.ts';
import type { Container, Pod } from '../api/pod.ts';
import type { CgroupNode } from '../cgroups/cgroup-node.ts';
import { containerConfig } from '../containers/container-config.ts';
import { withCdiDevices } from '../devices/container-devices.ts';
import type { Devices } from '../devices/devices.ts';
import type { DynamicResources } from '../dra/dynamic-resources.ts';
import type { EnvironmentSources } from '../env/environment.ts';
import { aboutContainer, type Recorder } from '../events/event.ts';
import type { PresentImage } from '../kubecontainer/present-image.ts';
import { StartError, type StartFailureReason } from '../kubecontainer/start-error.ts';
import { linkLog, makeLogDir, restartCountFromLogs } from '../logs/log-files.ts';
import type { NodeCapacity } from '../node/node-facts.ts';
import type { Objects } from '../objects/objects.ts';
import type { KubeletOptions } from '../options/kubelet-options.ts';
import { podDir } from '../paths/pod-paths.ts';
import { readEnvFile } from '../podfiles/env-file.ts';
import { makeTerminationLog } from '../podfiles/termination-log.ts';
import { writeHostsFile } from '../podfiles/write-hosts-file.ts';
import type { PodIds } from '../userns/id-ranges.ts';
import type { PreparedVolumes } from '../volumes/manager.ts';
import { mountSources } from '../volumes/mount-sources.ts';
import { volumeDevices } from '../volumes/volume-devices.ts';
import { volumeGroups } from '../volumes/volume-groups.ts';
import type { RuntimeHandlers } from './runtime-handlers.ts';

/** The parameters of creating and starting a container. */
export interface StartContainerPorts {
  runtime: Pick<RuntimeClient, 'createContainer' | 'startContainer'>;
  options: KubeletOptions;
  /** What pods see as the node's resources. */
  capacity: NodeCapacity;
  objects: Objects;
  /** The variables of the services of a cluster. */
  serviceVariables?: NonNullable<EnvironmentSources['serviceVariables']> | undefined;
  handlers: Pick<RuntimeHandlers, 'canMountRecursivelyReadOnly'>;
  cgroupNode: CgroupNode;
  /** Paths that containers of this node do not see. */
  maskedPaths: readonly string[];
  isSELinuxEnabled: boolean;
  devices: Pick<Devices, 'ofContainer'>;
  claims: Pick<DynamicResources, 'cdiDevices'>;
  events: Recorder;
}

/** The sandbox and volumes of a container. */
export interface ContainerPlace {
  sandboxId: string;
  sandboxConfig: DeepPartial<PodSandboxConfig>;
  /** The ids of a pod with users of its own. */
  ids: PodIds | undefined;
  podIps: string[];
  volumes: PreparedVolumes;
  /** Images of the volumes that the container mounts, by name. */
  imageVolumes: ReadonlyMap<string, PresentImage>;
  /** Id of the container whose process namespace an ephemeral container looks into. */
  targetId: string | undefined;
  /** The restart count is at least this: one more than of the last that is known to have been started. */
  leastRestartCount: number;
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
  const { runtime, options, events } = ports;
  const subject = aboutContainer(pod, container.name);
  const config = await failingAs('CreateContainerConfigError', async () => {
    const made = await prepare(pod, container, image, restartCount, place, ports);
    // After it: a container that cannot be configured has no log folder.
    makeLogDir(options, pod.metadata, container.name);
    return made;
  });
  const { containerId } = await failingAs('CreateContainerError', () =>
    runtime.createContainer({ podSandboxId: place.sandboxId, config, sandboxConfig: place.sandboxConfig }),
  );
  events.record(subject, 'Normal', 'Created', 'Container created');
  await failingAs('RunContainerError', () => runtime.startContainer({ containerId }));
  events.record(subject, 'Normal', 'Started', 'Container started');
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
  const { options, capacity, cgroupNode, objects } = ports;
  const podIps = pod.spec.hostNetwork ? options.nodeIps : place.podIps;
  const podPlace = {
    hostIps: options.nodeIps,
    podIps,
    node: capacity,
    objects,
    envFile: (volume: string, path: string) => readEnvFile(place.volumes, volume, path),
    ...(ports.serviceVariables && { serviceVariables: ports.serviceVariables }),
  };
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
      cgroups: cgroupNode,
      maskedPaths: ports.maskedPaths,
      isSELinuxEnabled: ports.isSELinuxEnabled,
      devices: withCdiDevices(
        ports.claims.cdiDevices(pod, container),
        await ports.devices.ofContainer(pod, container),
      ),
      volumeDevices: volumeDevices(container, place.volumes),
      mountSources: await mountSources(pod, container, place, podPlace, options),
      canMountRecursivelyReadOnly: ports.handlers.canMountRecursivelyReadOnly(pod),
      ids: place.ids,
      volumeGroups: volumeGroups(pod, place.volumes),
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
