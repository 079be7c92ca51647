// Which devices a pod asks for, and which of them its containers pass on. Pure.
import { isSidecar, workloadContainers } from '../api/each-container.ts';
import type { Container, Pod } from '../api/pod.ts';
import { limitsOf } from '../api/pod-totals.ts';

const billion = 1_000_000_000n;

/** The resources of plugins that a container asks for, with the number of devices. Requests are equal to limits. */
export function deviceNeeds(
  container: Pick<Container, 'resources'>,
  isManaged: (resource: string) => boolean,
): Map<string, number> {
  return new Map(
    [...limitsOf(container)]
      .filter(([resource, nanos]) => nanos > 0n && isManaged(resource))
      .map(([resource, nanos]) => [resource, Number((nanos + billion - 1n) / billion)]),
  );
}

/** Whether a container of the pod asks for a resource of plugins. */
export function needsDevices(pod: Pod, isManaged: (resource: string) => boolean): boolean {
  return workloadContainers(pod.spec).some(({ container }) => deviceNeeds(container, isManaged).size > 0);
}

/**
 * Devices of one resource that the container called `name` may take over: those of init containers that have ended by
 * then, and that no container since has taken. A sidecar keeps its own.
 */
export function reusableDevices(
  pod: Pod,
  name: string,
  heldBy: (container: string) => ReadonlySet<string>,
): Set<string> {
  let reusable = new Set<string>();
  for (const { container, kind } of workloadContainers(pod.spec)) {
    if (container.name === name) break;
    const held = heldBy(container.name);
    const passesOn = kind === 'init' && !isSidecar(container);
    reusable = passesOn ? reusable.union(held) : reusable.difference(held);
  }
  return reusable;
}
