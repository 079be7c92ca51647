// The resources that a pod has been granted: those of its manifest, unless a change of them is not admitted.
import { parseQuantity } from '@berth/common/quantity.ts';
import { workloadContainers } from './each-container.ts';
import type { Container, Pod, ResourceRequirements } from './pod.ts';

/** Resources of the pod itself, and of its init and regular containers by name. */
export interface AllocatedResources {
  pod?: ResourceRequirements;
  containers: Readonly<Record<string, ResourceRequirements>>;
}

/** The resources in a pod's specification. */
export function resourcesOf({ spec }: Pick<Pod, 'spec'>): AllocatedResources {
  const containers = workloadContainers<Container>(spec).map(
    ({ container: { name, resources } }) => [name, resources] as const,
  );
  return { ...(spec.resources && { pod: spec.resources }), containers: Object.fromEntries(containers) };
}

/** The pod with these resources in place of its own; a container that they do not name keeps its own. */
export function withResources(pod: Pod, allocated: AllocatedResources): Pod {
  const byName = new Map(Object.entries(allocated.containers));
  const replaced = (container: Container): Container => ({
    ...container,
    resources: byName.get(container.name) ?? container.resources,
  });
  const { resources: _, initContainers, containers, ...rest } = pod.spec;
  return {
    ...pod,
    spec: {
      ...rest,
      ...(allocated.pod && { resources: allocated.pod }),
      ...(initContainers && { initContainers: initContainers.map(replaced) }),
      containers: containers.map(replaced),
    },
  };
}

/** Whether the pod's specification asks for just these resources. A container that they do not name is as it asks. */
export function asksFor(pod: Pick<Pod, 'spec'>, allocated: AllocatedResources): boolean {
  const byName = new Map(Object.entries(allocated.containers));
  return (
    isSame(pod.spec.resources, allocated.pod) &&
    workloadContainers<Container>(pod.spec).every(({ container: { name, resources } }) =>
      isSame(resources, byName.get(name) ?? resources),
    )
  );
}

function isSame(one: ResourceRequirements = {}, other: ResourceRequirements = {}): boolean {
  return isSameList(one.requests, other.requests) && isSameList(one.limits, other.limits);
}

function isSameList(
  one: Readonly<Record<string, string>> = {},
  other: Readonly<Record<string, string>> = {},
): boolean {
  const amounts = new Map(Object.entries(other));
  const names = Object.entries(one);
  return (
    names.length === amounts.size &&
    names.every(([name, quantity]) => {
      const amount = amounts.get(name);
      return amount !== undefined && parseQuantity(amount).nanos === parseQuantity(quantity).nanos;
    })
  );
}
