import type { ContainerEventType } from '@berth/cri/generated/api.ts';
import type { ContainerId, SandboxId } from '../state/ids.ts';

/**
 * Publishes changes of containers and sandboxes to subscribers of GetContainerEvents. Implemented by
 * sandbox/pod-events.ts.
 */
export interface ContainerEvents {
  /** Publishes an event of a container, if it is known. */
  container(id: ContainerId, type: ContainerEventType): void;
  /** Publishes that a container has been removed from a sandbox. */
  containerDeleted(id: ContainerId, sandboxId: SandboxId): void;
  /** Publishes an event of a sandbox, whose id takes the place of a container id in the event. */
  sandbox(id: SandboxId, type: ContainerEventType): void;
}
