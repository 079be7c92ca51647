// Pauses containers, dumps their processes with criu through the OCI runtime, and resumes them.

import { existsSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isObject } from '@berth/common/json/is-object.ts';
import { removeTree } from '@berth/linux/files/remove-tree.ts';
import type { Logger } from '../logging/log.ts';
import type { OciRuntime } from '../oci-runtime/runtime.ts';
import { messageWithCauses, RuntimeError, wrongState } from '../rpc/errors.ts';
import type { Container } from '../state/container.ts';
import type { Paths } from '../state/paths.ts';
import { dumpLog, workPlace } from './files.ts';

/**
 * Runs `work` while running containers are paused, and resumes them afterwards, also when it fails. Their work
 * directories exist before the first one is paused, so that a berthd started after a crash knows which to resume.
 */
export async function whilePaused<Result>(
  services: { readonly log: Logger; readonly paths: Paths },
  containers: readonly Container[],
  runtime: OciRuntime,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    for (const { id } of containers) {
      const place = workPlace(services.paths.container(id));
      await removeTree(place.dir);
      mkdirSync(place.image, { recursive: true, mode: 0o700 });
    }
    for (const { id } of containers) await runtime.run(['pause', id]);
    return await work();
  } finally {
    for (const container of containers) await endCheckpoint(services, container, runtime);
  }
}

/**
 * Resumes a container that a checkpoint may have paused, and removes the checkpoint's files. When resuming fails
 * the work directory stays, so that the next berthd tries again.
 */
export async function endCheckpoint(
  { paths, log }: { readonly log: Logger; readonly paths: Paths },
  { id }: Container,
  runtime: OciRuntime | undefined,
): Promise<void> {
  const place = workPlace(paths.container(id));
  if (!existsSync(place.dir)) return;
  let isStuck = false;
  try {
    if (runtime !== undefined && (await isPaused(runtime, id))) await runtime.run(['resume', id]);
  } catch (error) {
    // The container may have been killed since.
    isStuck = runtime !== undefined && (await isPaused(runtime, id).catch(() => false));
    const outcome = isStuck ? 'it stays paused until it is stopped or berthd starts again' : 'it has ended';
    log.warning(`Resuming after a checkpoint failed, ${outcome}: ${messageWithCauses(error)}`, {
      container: id,
    });
  }
  if (existsSync(place.target)) rmSync(readFileSync(place.target, 'utf8'), { force: true });
  if (!isStuck) await removeTree(place.dir);
}

async function isPaused(runtime: OciRuntime, id: string): Promise<boolean> {
  const state: unknown = JSON.parse(await runtime.run(['state', id]));
  return isObject(state) && state.status === 'paused';
}

/** Dumps the processes of a paused container into its work directory; they stay paused. */
export async function dumpProcesses(
  { paths }: { readonly paths: Paths },
  { id }: Container,
  runtime: OciRuntime,
  signal: AbortSignal,
): Promise<void> {
  const place = workPlace(paths.container(id));
  signal.throwIfAborted();
  const args = ['checkpoint', '--file-locks', '--leave-running', '--image-path', place.image];
  try {
    await runtime.run([...args, '--work-path', place.dir, id], { timeoutMs: maxDumpMs, signal });
  } catch (error) {
    if (signal.aborted) {
      await criuToGiveUp(place.dir);
      throw new RuntimeError('DEADLINE_EXCEEDED', `checkpoint of container ${id}: not done in time`);
    }
    const reason = criuError(place.at(dumpLog));
    throw wrongState(
      `failed to checkpoint container ${id}: ${messageWithCauses(error)}${reason === '' ? '' : `: criu: ${reason}`}`,
    );
  }
}

/** Upper bound of a dump; the signal may abort it earlier. */
const maxDumpMs = 3_600_000;
const giveUpMs = 10_000;

/**
 * Waits until criu, whose OCI runtime was killed, has removed its parasite code from the container's processes: its
 * log then stops growing. The processes may be resumed only after that.
 */
async function criuToGiveUp(workDir: string): Promise<void> {
  const log = join(workDir, dumpLog);
  const size = () => statSync(log, { throwIfNoEntry: false })?.size ?? 0;
  for (let before = -1, waited = 0; before !== size() && waited < giveUpMs; waited += 100) {
    before = size();
    await delay(100);
  }
}

/** Extracts the error from criu's log. */
export function criuError(log: string): string {
  try {
    const lines = readFileSync(log, 'utf8').split('\n');
    // criu tries to raise this limit and does not need it.
    const errors = lines.filter((line) => line.includes('Error (') && !line.includes("Can't setup RLIMIT"));
    return errors[0]?.replace(/^\(.*?\)\s*(\d+: )?Error \(.*?\): /, '') ?? '';
  } catch {
    return '';
  }
}
