import type { KeyedQueue } from '@berth/common/keyed-queue.ts';
import {
  ContainerEventType,
  type StartContainerRequest,
  type StartContainerResponse,
} from '@berth/cri/generated/api.ts';
import type { ContainerEvents } from '../events/container-events.ts';
import type { Logger } from '../logging/log.ts';
import type { Tracer } from '../observability/tracing/tracer.ts';
import type { OciRuntimes } from '../oci-runtime/detect.ts';
import { notFound, wrongState } from '../rpc/errors.ts';
import type { State } from '../state/state.ts';
import { nowNs } from '../time/clock.ts';
import type { AbortableOperations } from './abortable-operations.ts';
import type { ContainerRestores } from './creation.ts';

/** What StartContainer uses. */
export interface StartContainerServices {
  readonly log: Logger;
  readonly state: State;
  readonly queue: KeyedQueue;
  readonly events: ContainerEvents;
  readonly runtimes: OciRuntimes;
  readonly operations: AbortableOperations;
  readonly restores: ContainerRestores;
  readonly tracer: Tracer;
}

/** StartContainer: starts a container that was created and never started. */
export async function startContainer(
  services: StartContainerServices,
  { containerId }: StartContainerRequest,
): Promise<StartContainerResponse> {
  const { state, log, runtimes, queue, operations, restores, tracer } = services;
  const found = state.containers.find(containerId);
  if (found === undefined) throw notFound('container', containerId);
  const { id, sandboxId, config } = found;
  const about = { 'container.id': id, 'sandbox.id': sandboxId };
  tracer.describe({ ...about, 'k8s.container.name': config.metadata?.name ?? '' });
  return queue.run(id, async () => {
    const container = state.containers.get(id);
    if (container === undefined) throw notFound('container', containerId);
    const { phase } = container.state;
    if (phase === 'restorable') {
      const restored = state.sandboxes.get(container.sandboxId);
      if (restored?.state.phase !== 'ready') throw wrongState(`the sandbox of container ${id} was stopped`);
      const { runtime } = restored;
      await operations.run([id, sandboxId], undefined, (signal) =>
        restores.start(container, { runtime, signal }),
      );
      return {};
    }
    if (container.state.phase !== 'created') {
      throw wrongState(`container ${id} is not in created state: ${container.state.phase}`);
    }
    const sandbox = state.sandboxes.get(container.sandboxId);
    if (sandbox?.state.phase !== 'ready') throw wrongState(`the sandbox of container ${id} was stopped`);
    const { processes } = container.state;
    log.info('Starting container', { container: id });
    state.containers.setState(id, { phase: 'starting', processes });
    try {
      const runtime = runtimes.get(sandbox.runtime);
      await tracer.span(`${runtime.name} start`, about, () =>
        operations.run([id, sandboxId], undefined, (signal) => runtime.start(id, signal)),
      );
    } catch (error) {
      if (state.containers.get(id)?.state.phase === 'starting') {
        state.containers.setState(id, { phase: 'created', processes });
      }
      throw error;
    }
    // A short-lived process may have exited already; recording its exit recorded the start too.
    if (state.containers.get(id)?.state.phase === 'starting') {
      state.containers.setState(id, { phase: 'running', processes, startedAt: nowNs() });
      services.events.container(id, ContainerEventType.CONTAINER_STARTED_EVENT);
    }
    log.info('Started container', { container: id, PID: processes.init.pid });
    return {};
  });
}
