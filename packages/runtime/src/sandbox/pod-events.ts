import { ContainerEventResponse, type ContainerEventType } from '@berth/cri/generated/api.ts';
import type { EventBus } from '../events/event-bus.ts';
import type { ContainerId, SandboxId } from '../state/ids.ts';
import type { State } from '../state/state.ts';
import { nowNs } from '../time/clock.ts';
import { containersStatuses, sandboxStatus } from './status-message.ts';

/** Who listens, and what there is to tell. */
interface PodEvents {
  readonly events: EventBus;
  readonly state: State;
}

/** Tells of a container, with the state of its whole pod as kubelets want it. */
export function publishContainerEvent(context: PodEvents, id: ContainerId, type: ContainerEventType): void {
  const container = context.state.containers.get(id);
  if (container !== undefined) publish(context, id, container.sandboxId, type);
}

/** Tells of a sandbox; its id stands in the place of a container's. */
export function publishSandboxEvent(context: PodEvents, id: SandboxId, type: ContainerEventType): void {
  publish(context, id, id, type);
}

/** Tells that a container is gone, once it is: `sandboxId` was its sandbox. */
export function publish(
  { events, state }: PodEvents,
  containerId: string,
  sandboxId: SandboxId,
  type: ContainerEventType,
): void {
  if (!events.hasSubscribers) return;
  const sandbox = state.sandboxes.get(sandboxId);
  const podSandboxStatus = sandbox && sandboxStatus(sandbox);
  if (sandbox === undefined || podSandboxStatus === undefined) return;
  events.publish(
    ContainerEventResponse.fromPartial({
      containerId,
      containerEventType: type,
      createdAt: nowNs(),
      podSandboxStatus,
      containersStatuses: containersStatuses(state, sandbox),
    }),
  );
}
