import { ContainerEventResponse, ContainerEventType } from '@berth/cri/generated/api.ts';
import type { ContainerEvents } from '../events/container-events.ts';
import type { EventBus } from '../events/event-bus.ts';
import type { ContainerId, SandboxId } from '../state/ids.ts';
import type { State } from '../state/state.ts';
import { nowNs } from '../time/clock.ts';
import { containersStatuses, sandboxStatus } from './status.ts';

/** Publishes container events, each with the status of the whole pod, from which kubelets update their pod cache. */
export class PodEvents implements ContainerEvents {
  readonly #bus: EventBus;
  readonly #state: State;

  constructor(bus: EventBus, state: State) {
    this.#bus = bus;
    this.#state = state;
  }

  /** The events from now on; see EventBus. */
  subscribe(signal: AbortSignal): AsyncGenerator<ContainerEventResponse> {
    return this.#bus.subscribe(signal);
  }

  container(id: ContainerId, type: ContainerEventType): void {
    const container = this.#state.containers.get(id);
    if (container !== undefined) this.#publish(id, container.sandboxId, type);
  }

  containerDeleted(id: ContainerId, sandboxId: SandboxId): void {
    this.#publish(id, sandboxId, ContainerEventType.CONTAINER_DELETED_EVENT);
  }

  sandbox(id: SandboxId, type: ContainerEventType): void {
    this.#publish(id, id, type);
  }

  #publish(containerId: string, sandboxId: SandboxId, type: ContainerEventType): void {
    if (!this.#bus.hasSubscribers) return;
    const sandbox = this.#state.sandboxes.get(sandboxId);
    const podSandboxStatus = sandbox && sandboxStatus(sandbox);
    if (sandbox === undefined || podSandboxStatus === undefined) return;
    this.#bus.publish(
      ContainerEventResponse.fromPartial({
        containerId,
        containerEventType: type,
        createdAt: nowNs(),
        podSandboxStatus,
        containersStatuses: containersStatuses(this.#state, sandbox),
      }),
    );
  }
}
