import { constants } from 'node:fs';
import { copyFile, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { KeyedQueue } from '@berth/common/keyed-queue.ts';
import { ContainerEventType } from '@berth/cri/generated/api.ts';
import { removeTree } from '@berth/linux/files/remove-tree.ts';
import { magicPath } from '@berth/linux/files/safe-path.ts';
import type { NamespaceWorker } from '@berth/linux/namespaces/namespaces.ts';
import type { AbortableOperations } from '../container/abortable-operations.ts';
import { createWithConmon } from '../container/conmon-start.ts';
import type { ContainerEvents } from '../events/container-events.ts';
import { readExit } from '../exits/exit-files.ts';
import { type RecordExitServices, recordExit, watchConmon } from '../exits/record-exits.ts';
import type { Logger } from '../logging/log.ts';
import type { OciRuntimes } from '../oci-runtime/detect.ts';
import { messageWithCauses, wrongState } from '../rpc/errors.ts';
import { readSpec } from '../spec/spec-file.ts';
import { type Container, isUnrestored } from '../state/container.ts';
import type { ContainerId } from '../state/ids.ts';
import type { Paths } from '../state/paths.ts';
import { sandboxHostname, sandboxNamespaces } from '../state/sandbox.ts';
import type { State } from '../state/state.ts';
import { endConmon, releaseProcesses } from '../teardown/container.ts';
import { killContainer } from '../teardown/kill.ts';
import { nowNs } from '../time/clock.ts';
import { criuError } from './dump.ts';
import { imageDirectory, logFile, restorePlace } from './files.ts';
import { isFile } from './read.ts';

/** What starting a container from its checkpoint uses. */
export interface RestoreContainerServices extends RecordExitServices {
  readonly log: Logger;
  readonly paths: Paths;
  readonly state: State;
  readonly queue: KeyedQueue;
  readonly events: ContainerEvents;
  readonly runtimes: OciRuntimes;
  readonly namespaces: NamespaceWorker;
  readonly operations: AbortableOperations;
  readonly conmon: string;
}

/**
 * StartContainer of a container from a checkpoint. criu restores processes in the running state, so they are created
 * here and not by CreateContainer.
 */
export async function startRestored(
  services: RestoreContainerServices,
  container: Container,
  { runtime, signal }: { runtime: string; signal: AbortSignal },
): Promise<void> {
  const { state, paths, log } = services;
  const { id, config } = container;
  const { bundle } = paths.container(id);
  const place = restorePlace(paths.container(id));
  state.containers.setState(id, { phase: 'restoring' });
  try {
    const before = place.at(logFile);
    if (container.logPath !== '' && isFile(before)) {
      await copyLog(before, container.logPath).catch(() => {});
    }
    const processes = await createWithConmon(services, {
      id,
      name: container.name,
      runtime: services.runtimes.get(runtime),
      bundle,
      args: readSpec(bundle).process?.args ?? [],
      logPath: container.logPath,
      stdin: config.stdin,
      stdinOnce: config.stdinOnce,
      tty: config.tty,
      checkpoint: place.at(imageDirectory),
      signal,
    });
    await renamePod(services, container);
    state.containers.setState(id, { phase: 'running', processes, startedAt: nowNs() });
    watchConmon(services, id, processes);
    services.events.container(id, ContainerEventType.CONTAINER_STARTED_EVENT);
    log.info('Restored container', { container: id, PID: processes.init.pid });
  } catch (error) {
    const reason = criuError(join(bundle.dir, 'restore.log'));
    const message = `failed to restore container ${id}: ${messageWithCauses(error)}${reason === '' ? '' : `: criu: ${reason}`}`;
    await endRestore(services, container, message);
    throw wrongState(message);
  } finally {
    await removeTree(place.dir);
  }
  // An exit before the container was recorded as running has not been recorded.
  const exit = readExit(paths.exits, id);
  if (exit !== undefined) recordExit(services, id, { ...exit, message: '' });
}

/** Restores the log. O_NOFOLLOW: the container may have put a link in its place. */
async function copyLog(from: string, logPath: string): Promise<void> {
  const { O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW, O_NONBLOCK } = constants;
  await using log = await open(logPath, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK, 0o640);
  await copyFile(from, magicPath(log.fd));
}

/** Resets the host name: criu has set that of the checkpointed pod in the pod's UTS namespace. */
async function renamePod(
  { state, namespaces, paths }: RestoreContainerServices,
  { sandboxId }: Container,
): Promise<void> {
  const sandbox = state.sandboxes.get(sandboxId);
  if (sandbox === undefined || sandboxNamespaces(sandbox.config).hostNetwork) return;
  const existing = { uts: paths.sandbox(sandboxId).utsns };
  await namespaces.pin({ hostname: sandboxHostname(sandbox), existing });
}

/** Records the end of a container whose restore failed or was cancelled. */
async function endRestore(
  services: RestoreContainerServices,
  container: Container,
  message: string,
): Promise<void> {
  const { id } = container;
  await killContainer(services, container);
  await endConmon(id, services.paths.container(id).bundle);
  const exit = { startedAt: 0n, finishedAt: nowNs(), exitCode: 128, reason: 'StartError', message };
  await releaseProcesses(services, services.state.containers.setState(id, { phase: 'exited', exit }));
  services.events.container(id, ContainerEventType.CONTAINER_STOPPED_EVENT);
}

/** Ends a container that waits to be restored, or is being restored. */
export function giveUpRestore(services: RestoreContainerServices, id: ContainerId): Promise<void> {
  services.operations.abort(id, wrongState(`container ${id} was stopped`));
  return services.queue.run(id, async () => {
    const container = services.state.containers.get(id);
    // In this queue nothing else restores it, so `restoring` means that an earlier berthd died during the restore.
    if (container !== undefined && isUnrestored(container)) {
      await endRestore(services, container, 'it was stopped before it was restored');
    }
  });
}
