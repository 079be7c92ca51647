import { randomBytes } from 'node:crypto';
import { rename } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import type { KeyedQueue } from '@berth/common/keyed-queue.ts';
import { maxTimerMs } from '@berth/common/max-timer.ts';
import type { CheckpointContainerRequest, CheckpointContainerResponse } from '@berth/cri/generated/api.ts';
import type { AbortableOperations } from '../container/abortable-operations.ts';
import type { Logger } from '../logging/log.ts';
import type { OciRuntimes } from '../oci-runtime/detect.ts';
import { invalid, notFound, RuntimeError, wrongState } from '../rpc/errors.ts';
import type { State } from '../state/state.ts';
import { type ArchiveServices, describeCheckpoint, writeArchive } from './archive.ts';
import { dumpProcesses, whilePaused } from './dump.ts';
import { requireCheckpointing } from './support.ts';

/** What CheckpointContainer uses. */
export interface CheckpointContainerServices extends ArchiveServices {
  readonly log: Logger;
  readonly state: State;
  readonly queue: KeyedQueue;
  readonly runtimes: OciRuntimes;
  readonly operations: AbortableOperations;
}

/** Timeout of a request that sets none. */
const defaultTimeoutSeconds = 240;

/** CheckpointContainer: writes an archive of a running container, which then continues. All or nothing. */
export async function checkpointContainer(
  services: CheckpointContainerServices,
  { containerId, location, timeout }: CheckpointContainerRequest,
  call: { signal: AbortSignal },
): Promise<CheckpointContainerResponse> {
  const { state, queue, log, runtimes, operations } = services;
  if (!isAbsolute(location))
    throw invalid('location', `${JSON.stringify(location)} is not an absolute path of a file`);
  if (timeout < 0n) throw invalid('timeout', `${timeout} is less than 0`);
  const seconds = Number(timeout) || defaultTimeoutSeconds;
  const found = state.containers.find(containerId);
  if (found === undefined) throw notFound('container', containerId);
  const checkpoint = async (caller: AbortSignal) => {
    caller.throwIfAborted();
    const container = state.containers.get(found.id);
    const sandbox = state.sandboxes.get(found.sandboxId);
    if (container === undefined || sandbox === undefined) throw notFound('container', containerId);
    if (container.state.phase !== 'running') {
      throw wrongState(`container ${container.id} is not running: ${container.state.phase}`);
    }
    const runtime = runtimes.get(sandbox.runtime);
    await requireCheckpointing(runtime);
    log.info('Checkpointing container', { container: container.id, location });
    const deadline = AbortSignal.timeout(Math.min(seconds * 1000, maxTimerMs));
    const signal = AbortSignal.any([caller, deadline]);
    try {
      await whilePaused(services, [container], runtime, async () => {
        await dumpProcesses(services, container, runtime, signal);
        await describeCheckpoint(services, container, { runtime: runtime.name, signal });
        // Renamed when complete, so that no partial archive has the final name.
        const partial = `${location}.${randomBytes(4).toString('hex')}.partial`;
        await writeArchive(services, container, partial, signal);
        await rename(partial, location);
      });
    } catch (error) {
      if (deadline.aborted) {
        throw new RuntimeError(
          'DEADLINE_EXCEEDED',
          `checkpoint of container ${container.id}: not done within ${seconds} s`,
        );
      }
      throw error;
    }
    log.info('Checkpointed container', { container: container.id, location });
    return {};
  };
  return operations.run([found.id, found.sandboxId], call.signal, (signal) =>
    queue.run(found.id, () => checkpoint(signal)),
  );
}
