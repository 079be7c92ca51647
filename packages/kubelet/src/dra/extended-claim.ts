// Extended resources of a pod that the scheduler has allocated by a claim: neither the node's amounts nor plugins of devices
// give them. Pure.
import type { Container, ExtendedResourceClaim, Pod, PodStatus } from '../api/pod.ts';

/** The claim of the pod's extended resources; undefined when it needs none. */
export function extendedClaimOf(status: PodStatus | undefined): ExtendedResourceClaim | undefined {
  const claim = status?.extendedResourceClaimStatus;
  return claim?.resourceClaimName ? claim : undefined;
}

/** The pod without the resources that a claim gives to its containers. */
export function withoutClaimed(pod: Pod, status: PodStatus | undefined): Pod {
  const mappings = extendedClaimOf(status)?.requestMappings ?? [];
  if (mappings.length === 0) return pod;
  const reduced = (container: Container): Container => {
    const claimed = mappings
      .filter(({ containerName }) => containerName === container.name)
      .map(({ resourceName }) => resourceName);
    const { limits, requests, ...rest } = container.resources;
    return {
      ...container,
      resources: {
        ...rest,
        ...(limits && { limits: without(limits, claimed) }),
        ...(requests && { requests: without(requests, claimed) }),
      },
    };
  };
  const { containers, initContainers } = pod.spec;
  return {
    ...pod,
    spec: {
      ...pod.spec,
      containers: containers.map(reduced),
      ...(initContainers && { initContainers: initContainers.map(reduced) }),
    },
  };
}

function without(
  amounts: Readonly<Record<string, string>>,
  names: readonly string[],
): Record<string, string> {
  return Object.fromEntries(Object.entries(amounts).filter(([name]) => !names.includes(name)));
}
