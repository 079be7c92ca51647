// What the PodResources API tells of pods: the devices of plugins and of resource claims that their containers have. Pure.
// Exclusive processors and memory of NUMA nodes are told by nobody, since this kubelet gives none.
import type { DeepPartial } from '@berth/cri/generated/api.ts';
import { isSidecar } from '../api/each-container.ts';
import type { Container, Pod } from '../api/pod.ts';
import type { DeviceInstance } from '../devices/device-instances.ts';
import type { ClaimInfo } from '../dra/claim-info.ts';
import type { ContainerDevices, DynamicResource, PodResources } from '../generated/pod-resources.ts';
import type {
  ContainerDevices as ContainerDevicesV1alpha1,
  PodResources as PodResourcesV1alpha1,
} from '../generated/pod-resources-v1alpha1.ts';

/** The devices of a container. */
export type DevicesOf = (uid: string, container: string) => readonly DeviceInstance[];

/** The claims of a container. */
export type ClaimsOf = (pod: Pod, container: Container) => readonly ClaimInfo[];

/** A pod with the containers that run together: restartable init containers and the regular ones. */
export function podResources(pod: Pod, devicesOf: DevicesOf, claimsOf: ClaimsOf): DeepPartial<PodResources> {
  const { metadata, spec } = pod;
  const { name, namespace, uid } = metadata;
  const containers: readonly Container[] = [
    ...(spec.initContainers ?? []).filter((container) => isSidecar(container)),
    ...spec.containers,
  ];
  return {
    name,
    namespace,
    containers: containers.map((container) => ({
      name: container.name,
      devices: devicesOf(uid, container.name).map(containerDevice),
      dynamicResources: claimsOf(pod, container).map(dynamicResource),
    })),
  };
}

/**
 * A claim with all of its devices, whichever requests of it the container uses. A device has its own CDI devices behind those
 * of the devices before it of the same driver: so the real kubelet tells it.
 */
function dynamicResource({ name, namespace, drivers }: ClaimInfo): DeepPartial<DynamicResource> {
  return {
    claimName: name,
    claimNamespace: namespace,
    claimResources: [...drivers].flatMap(([driverName, devices]) =>
      devices.map(({ poolName, deviceName, shareId }, index) => ({
        driverName,
        poolName,
        deviceName,
        shareId,
        cdiDevices: devices
          .slice(0, index + 1)
          .flatMap(({ cdiDeviceIds }) => cdiDeviceIds.map((id) => ({ name: id }))),
      })),
    ),
  };
}

/** The same in v1alpha1, which knows neither init containers nor NUMA nodes. */
export function podResourcesV1alpha1(
  { metadata, spec }: Pod,
  devicesOf: DevicesOf,
): DeepPartial<PodResourcesV1alpha1> {
  const { name, namespace, uid } = metadata;
  return {
    name,
    namespace,
    containers: spec.containers.map((container) => ({
      name: container.name,
      devices: devicesOf(uid, container.name).map(
        ({ resource, id }): ContainerDevicesV1alpha1 => ({ resourceName: resource, deviceIds: [id] }),
      ),
    })),
  };
}

/** A device as the API has it: each is an entry of its own. */
export function containerDevice({ resource, id, numaNode }: DeviceInstance): ContainerDevices {
  return {
    resourceName: resource,
    deviceIds: [id],
    topology: numaNode === undefined ? undefined : { nodes: [{ ID: BigInt(numaNode) }] },
  };
}
