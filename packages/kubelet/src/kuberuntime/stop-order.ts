// The order in which the containers of a pod are stopped: all at once, but sidecars last, in reverse order of their
// start. https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/#pod-sidecar-termination
import { containersOfKind, isSidecar } from '../api/each-container.ts';
import type { Container, PodSpec } from '../api/pod.ts';

/** A container to stop. */
export interface StopTurn<Stopped> {
  container: Stopped;
  /** The containers that must have ended before this one is stopped, while its grace period lasts. */
  after: readonly Stopped[];
}

/**
 * The turns of these containers; each comes later in the list than those that it waits for. All of an orphan, whose
 * specification is unknown, are stopped at once.
 */
export function stopOrder<Stopped extends { name: string }>(
  spec: Pick<PodSpec, 'containers' | 'initContainers'> | undefined,
  running: readonly Stopped[],
): StopTurn<Stopped>[] {
  const sidecars = spec
    ? containersOfKind<Container>(spec, 'init').flatMap(({ container }) =>
        isSidecar(container) ? [container.name] : [],
      )
    : [];
  const regular = new Set(spec?.containers.map(({ name }) => name));
  const turns = running
    .filter(({ name }) => !sidecars.includes(name))
    .map((container): StopTurn<Stopped> => ({ container, after: [] }));
  let before = running.filter(({ name }) => regular.has(name));
  for (const name of sidecars.reverse()) {
    const own = running.filter((container) => container.name === name);
    turns.push(...own.map((container) => ({ container, after: before })));
    before = [...before, ...own];
  }
  return turns;
}
