import { readdirSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import type { KeyedQueue } from '@berth/common/keyed-queue.ts';
import type { CheckpointPodRequest, CheckpointPodResponse } from '@berth/cri/generated/api.ts';
import type { AbortableOperations } from '../container/abortable-operations.ts';
import type { Logger } from '../logging/log.ts';
import type { OciRuntimes } from '../oci-runtime/detect.ts';
import { invalid, messageWithCauses, notFound, wrongState } from '../rpc/errors.ts';
import type { Container } from '../state/container.ts';
import type { SandboxId } from '../state/ids.ts';
import type { State } from '../state/state.ts';
import { type ArchiveServices, describeCheckpoint, keepArchive, writeArchive } from './archive.ts';
import { dumpProcesses, whilePaused } from './dump.ts';
import { type PodDump, podDump } from './pod-dump.ts';
import { requireCheckpointing } from './support.ts';

/** What CheckpointPod uses. */
export interface CheckpointPodServices extends ArchiveServices {
  readonly log: Logger;
  readonly state: State;
  readonly queue: KeyedQueue;
  readonly runtimes: OciRuntimes;
  readonly operations: AbortableOperations;
}

/**
 * CheckpointPod: pauses the selected containers of a pod together and writes an archive of each into the caller's
 * directory.
 */
export async function checkpointPod(
  services: CheckpointPodServices,
  { podSandboxId, outputPath, containerIds, options }: CheckpointPodRequest,
  call: { signal: AbortSignal },
): Promise<CheckpointPodResponse> {
  const { state, queue, log, runtimes, operations } = services;
  refuseOptions(options);
  refuseUnlessEmpty(outputPath);
  const found = state.sandboxes.find(podSandboxId);
  if (found === undefined) throw notFound('pod', podSandboxId);
  const checkpoint = async (signal: AbortSignal) => {
    signal.throwIfAborted();
    const sandbox = state.sandboxes.get(found.id);
    if (sandbox?.state.phase !== 'ready') throw wrongState(`pod ${found.id} is not running`);
    const runtime = runtimes.get(sandbox.runtime);
    await requireCheckpointing(runtime);
    const ids = selectContainers(services, found.id, containerIds).map(({ id }) => id);
    await holding(services, ids, async () => {
      const containers = selectContainers(services, found.id, containerIds);
      const made: string[] = [];
      try {
        await whilePaused(services, containers, runtime, async () => {
          for (const container of containers) await dumpProcesses(services, container, runtime, signal);
          for (const container of containers) {
            const file = join(outputPath, `${container.id}.tar`);
            made.push(file);
            await describeCheckpoint(services, container, { runtime: runtime.name, signal });
            await writeArchive(services, container, file, signal);
          }
          const dump: PodDump = {
            version: 1,
            runtime: runtime.name,
            containers: containers.map(({ id, config }) => ({
              name: config.metadata?.name ?? '',
              archive: `${id}.tar`,
            })),
          };
          made.push(join(outputPath, podDump));
          await writeFile(join(outputPath, podDump), JSON.stringify(dump, undefined, 2), { mode: 0o600 });
          for (const container of containers) keepArchive(services, container);
        });
      } catch (error) {
        for (const file of made) rmSync(file, { force: true });
        throw error;
      }
    });
    log.info('Checkpointed pod sandbox', { sandbox: found.id, outputPath });
    return {};
  };
  return operations.run([found.id], call.signal, (signal) => queue.run(found.id, () => checkpoint(signal)));
}

/** Runs `work` while holding the queues of all these containers. */
function holding<Result>(
  services: { readonly queue: KeyedQueue },
  ids: readonly Container['id'][],
  work: () => Promise<Result>,
): Promise<Result> {
  const [first, ...rest] = ids;
  return first === undefined ? work() : services.queue.run(first, () => holding(services, rest, work));
}

function selectContainers(
  { state }: { readonly state: State },
  sandbox: SandboxId,
  ids: readonly string[],
): Container[] {
  if (ids.length === 0) throw invalid('container_ids', 'name at least one container');
  const containers = ids.map((id, index) => {
    const container = state.containers.find(id);
    if (container?.sandboxId !== sandbox)
      throw invalid(`container_ids[${index}]`, `${id} is not in this pod`);
    if (container.state.phase !== 'running') {
      throw wrongState(`container ${container.id} is not running: ${container.state.phase}`);
    }
    return container;
  });
  if (new Set(containers).size < containers.length) throw invalid('container_ids', 'names a container twice');
  return containers;
}

/** Refuses options: neither CheckpointPod nor RestorePod defines any. */
export function refuseOptions(options: Readonly<Record<string, string>>): void {
  const [option] = Object.keys(options);
  if (option !== undefined) throw invalid(`options[${JSON.stringify(option)}]`, 'is not a known option');
}

function refuseUnlessEmpty(directory: string): void {
  if (!isAbsolute(directory))
    throw invalid('output_path', `${JSON.stringify(directory)} is not an absolute path`);
  let names: string[];
  try {
    names = readdirSync(directory);
  } catch (error) {
    throw invalid('output_path', messageWithCauses(error));
  }
  if (names.length > 0) throw invalid('output_path', `${directory} is not empty`);
}
