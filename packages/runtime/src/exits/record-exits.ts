import type { KeyedQueue } from '@berth/common/keyed-queue.ts';
import { ContainerEventType } from '@berth/cri/generated/api.ts';
import type { CgroupDriver } from '@berth/linux/cgroups/driver.ts';
import { waitForExit } from '@berth/linux/processes/process.ts';
import type { ContainerEvents } from '../events/container-events.ts';
import type { Logger } from '../logging/log.ts';
import { messageWithCauses } from '../rpc/errors.ts';
import type { Container } from '../state/container.ts';
import { type ContainerId, containerId, isId, type SandboxId, sandboxId } from '../state/ids.ts';
import type { Paths } from '../state/paths.ts';
import type { ContainerProcesses, ProcessRef } from '../state/process-ref.ts';
import type { State } from '../state/state.ts';
import { releaseProcesses, type TeardownServices } from '../teardown/container.ts';
import { killContainer } from '../teardown/kill.ts';
import { nowNs } from '../time/clock.ts';
import { readExit, wasOomKilled, watchExits } from './exit-files.ts';
import { exitReason } from './exit-reason.ts';
import type { Exits } from './exits.ts';

/** What recording the end of a container uses. */
export interface RecordExitServices extends TeardownServices {
  readonly log: Logger;
  readonly paths: Paths;
  readonly state: State;
  readonly queue: KeyedQueue;
  readonly events: ContainerEvents;
  readonly exits: Exits;
  readonly closing: AbortSignal;
  readonly metrics: { countOomKill(): void };
}

/** How a container ended; its start time comes from its state. */
export interface Ending {
  readonly exitCode: number;
  /** Nanoseconds since 1970. */
  readonly finishedAt: bigint;
  readonly message: string;
}

/** Delay before a failed record, as on a full disk, is retried. */
const retryMs = 1_000;

/**
 * Records exits as conmon reports them, past ones first, until the result is disposed of. An id that belongs to no
 * container is that of a sandbox, whose init has ended: `initEnded` is called.
 */
export function recordExits(services: RecordExitServices, initEnded: (id: SandboxId) => void): Disposable {
  return watchExits(services.paths.exits, (exit) => {
    if (!isId(exit.containerId)) return;
    const id = containerId(exit.containerId);
    recordOrRetry(services, id, () => {
      if (services.state.containers.get(id) !== undefined) recordExit(services, id, { ...exit, message: '' });
      else initEnded(sandboxId(id));
    });
  });
}

/** Fails pending StopContainer calls when recording fails; the record itself is retried. */
function recordOrRetry(services: RecordExitServices, id: ContainerId, record: () => void): void {
  try {
    record();
  } catch (error) {
    services.log.error(`Recording an exit failed: ${messageWithCauses(error)}`, { container: id });
    services.exits.fail(id, error);
    if (!services.closing.aborted) setTimeout(() => recordOrRetry(services, id, record), retryMs).unref();
  }
}

/**
 * Records how a container ended, publishes the event, wakes waiting stops and releases the resources that only
 * running containers need. Does nothing when the exit is known, or while the container is being created:
 * CreateContainer checks the exit file itself.
 */
export function recordExit(services: RecordExitServices, id: ContainerId, ending: Ending): void {
  const container = services.state.containers.get(id);
  if (container === undefined || !('processes' in container.state)) return;
  const { state } = container;
  // A process can exit only after its start; StartContainer may not have recorded that yet.
  const startedAt = state.phase === 'running' ? state.startedAt : state.phase === 'starting' ? nowNs() : 0n;
  if (state.phase === 'starting') {
    services.state.containers.setState(id, { ...state, phase: 'running', startedAt });
    services.events.container(id, ContainerEventType.CONTAINER_STARTED_EVENT);
  }
  const oomKilled = ending.exitCode !== 0 && wasOutOfMemory(services, container);
  const exited = services.state.containers.setState(id, {
    phase: 'exited',
    exit: {
      startedAt,
      // A file's time has the granularity of the kernel's tick and may be before the start.
      finishedAt: ending.finishedAt > startedAt ? ending.finishedAt : startedAt,
      exitCode: ending.exitCode,
      reason: exitReason(ending.exitCode, oomKilled),
      message: ending.message,
    },
  });
  if (oomKilled) services.metrics.countOomKill();
  services.events.container(id, ContainerEventType.CONTAINER_STOPPED_EVENT);
  services.exits.announce(id);
  services.log.info('Container exited', { container: id, exitCode: ending.exitCode });
  services.queue
    .run(id, () => releaseProcesses(services, exited))
    .catch((error) =>
      services.log.warning(`Cleaning up after an exit failed: ${messageWithCauses(error)}`, {
        container: id,
      }),
    );
}

function wasOutOfMemory(
  services: { readonly paths: Paths; readonly cgroupDriver: CgroupDriver },
  container: Container,
): boolean {
  if (wasOomKilled(services.paths.container(container.id).bundle.dir)) return true;
  try {
    return services.cgroupDriver.wasOomKilled(container.cgroup);
  } catch {
    return false;
  }
}

/**
 * Watches a container's conmon by its pidfd. When conmon ends without reporting an exit, nothing logs or reaps the
 * container any more, so berthd kills it.
 */
export function watchConmon(
  services: RecordExitServices,
  id: ContainerId,
  { conmon, init }: ContainerProcesses,
): void {
  const lost = async () => {
    await waitForExit(conmon, services.closing);
    const exit = readExit(services.paths.exits, id);
    const container = services.state.containers.get(id);
    if (container === undefined || !('processes' in container.state)) return;
    if (exit !== undefined) return recordExit(services, id, { ...exit, message: '' });
    await killLost(services, container, conmon, init);
  };
  lost().catch((error) => {
    if (!services.closing.aborted)
      services.log.error(`Watching conmon failed: ${messageWithCauses(error)}`, { container: id });
  });
}

/** Kills a container without a conmon and records its exit. */
async function killLost(
  services: RecordExitServices,
  container: Container,
  conmon: ProcessRef,
  init: ProcessRef,
): Promise<void> {
  services.log.warning('conmon is gone, killing its container', { container: container.id, pid: conmon.pid });
  await killContainer(services, container);
  await waitForExit(init);
  const ending: Ending = {
    exitCode: 137,
    finishedAt: nowNs(),
    message: `conmon (pid ${conmon.pid}) is gone: the container was killed`,
  };
  recordOrRetry(services, container.id, () => recordExit(services, container.id, ending));
}
