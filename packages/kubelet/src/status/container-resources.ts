// The settings of a container in its status: what its cgroup has, and the user that it runs as.

import { cpuMillis } from '@berth/common/quantity.ts';
import type { Container, ContainerStatus, ResourceRequirements } from '../api/pod.ts';
import type { RuntimeContainer, RuntimeUser } from '../kubecontainer/runtime-status.ts';
import { byteQuantity, milliQuantity, type ResourceList } from './quantities.ts';

/** Below these, in thousandths of a core, a cgroup has the minimum and tells nothing of the specification. */
const minCpuRequest = 2;
const minCpuLimit = 10;

/** What the status says of the settings of a container that the runtime has. */
export function settingsStatus(
  container: Container,
  latest: RuntimeContainer,
): Pick<ContainerStatus, 'resources' | 'allocatedResources' | 'user' | 'stopSignal'> {
  const { requests = {} } = container.resources;
  const { user, stopSignal } = latest;
  return {
    resources: actualResources(container.resources, latest),
    ...(Object.keys(requests).length > 0 ? { allocatedResources: { ...requests } } : {}),
    ...(user && { user: { linux: shownUser(user) } }),
    ...(stopSignal === undefined ? {} : { stopSignal }),
  };
}

function shownUser({ uid, gid, supplementalGroups }: RuntimeUser) {
  return { uid, gid, ...(supplementalGroups.length > 0 ? { supplementalGroups } : {}) };
}

/** The specification, with the actual settings of a running container in place of what it asked for. */
function actualResources(
  specified: ResourceRequirements,
  { state, resources: actual }: RuntimeContainer,
): ResourceRequirements {
  const { limits, requests, ...others } = specified;
  if (state !== 'running' || !actual) return specified;
  const { cpuLimit, cpuRequest, memoryLimitBytes } = actual;
  return {
    ...others,
    ...(limits && {
      limits: {
        ...limits,
        ...cpu(limits, cpuLimit, minCpuLimit),
        ...(memoryLimitBytes === undefined ? {} : { memory: byteQuantity(memoryLimitBytes) }),
      },
    }),
    ...(requests && { requests: { ...requests, ...cpu(requests, cpuRequest, minCpuRequest) } }),
  };
}

function cpu(specified: ResourceList, actual: number | undefined, minimum: number): ResourceList {
  if (actual === undefined) return {};
  const isMinimum = actual <= minimum && cpuMillis(specified['cpu'] ?? 0) <= minimum;
  return isMinimum ? {} : { cpu: milliQuantity(actual) };
}
