// Decides which dead containers and sandboxes of a pod to remove.
import {
  activeContainers,
  type PodRuntimeStatus,
  type RuntimeContainer,
} from '../kubecontainer/runtime-status.ts';

/**
 * Containers and sandboxes that no decision and no status needs. Keeps the newest dead container of each name (for
 * `lastState`). A dead sandbox without containers is garbage unless it is the newest.
 */
export function garbage(status: PodRuntimeStatus): { containers: RuntimeContainer[]; sandboxIds: string[] } {
  const active = new Set(activeContainers(status).map((container) => container.id));
  const seenDead = new Set<string>();
  const containers = status.containers.filter((container) => {
    if (container.state === 'running' || container.state === 'unknown') return false;
    if (container.state === 'created') return !active.has(container.id);
    if (!seenDead.has(container.name)) {
      seenDead.add(container.name);
      return false;
    }
    return true;
  });
  const removed = new Set(containers.map((container) => container.id));
  const inUse = new Set(
    status.containers.filter((each) => !removed.has(each.id)).map((each) => each.sandboxId),
  );
  const sandboxIds = status.sandboxes
    .slice(1)
    .filter((sandbox) => !sandbox.ready && !inUse.has(sandbox.id))
    .map((sandbox) => sandbox.id);
  return { containers, sandboxIds };
}
