// Creates the process of a bundle through conmon: a container's, a sandbox init's, or one restored by criu.

import { processStat } from '@berth/linux/processes/process.ts';
import { type StartedConmon, startConmon } from '../conmon/conmon.ts';
import type { OciRuntime } from '../oci-runtime/runtime.ts';
import { messageWithCauses, RuntimeError } from '../rpc/errors.ts';
import type { BundlePaths, Paths } from '../state/paths.ts';
import type { ContainerProcesses, ProcessRef } from '../state/process-ref.ts';
import { chownStdio, type Owner } from './stdio.ts';

/** A process to create; the bundle has its config.json. */
export interface NewProcess {
  /** Id of the container, or of the sandbox for its init. */
  readonly id: string;
  readonly name: string;
  readonly runtime: OciRuntime;
  readonly bundle: BundlePaths;
  /** The command line, as in the bundle. */
  readonly args: readonly string[];
  /** '' drops the output. */
  readonly logPath: string;
  readonly stdin: boolean;
  readonly stdinOnce: boolean;
  readonly tty: boolean;
  /** Owner of the pipes of its standard streams; undefined where the OCI runtime sets it. */
  readonly stdioOwner?: Owner | undefined;
  /** Cancels the creation at any point, also while the OCI runtime hangs. */
  readonly signal: AbortSignal;
  /** Directory of criu's images to restore from; the process then runs at once, without a start. */
  readonly checkpoint?: string;
}

/**
 * Creates a container from its bundle through conmon; its process waits for the start. conmon stays in berthd's own
 * cgroups, as containerd's shims stay in containerd's.
 */
export async function createWithConmon(
  services: { readonly paths: Paths; readonly conmon: string },
  process: NewProcess,
): Promise<ContainerProcesses> {
  const { bundle, runtime } = process;
  let started: StartedConmon;
  try {
    started = await startConmon({
      conmonPath: services.conmon,
      containerId: process.id,
      name: process.name,
      bundle: bundle.dir,
      runtime,
      logPath: process.logPath === '' ? undefined : process.logPath,
      terminal: process.tty,
      stdin: process.stdin,
      stdinOnce: process.stdinOnce,
      exitDir: services.paths.exits,
      persistDir: bundle.dir,
      pidFile: bundle.pid,
      conmonPidFile: bundle.conmonPid,
      runtimeLog: bundle.runtimeLog,
      checkpoint: process.checkpoint,
      signal: process.signal,
    });
  } catch (error) {
    process.signal.throwIfAborted();
    const [program = ''] = process.args;
    const message = messageWithCauses(error);
    // crun's message does not name the program that it may not execute.
    throw new RuntimeError(
      'UNKNOWN',
      message.includes(program) ? message : `${message} (running ${program})`,
    );
  }
  if (process.stdioOwner !== undefined && !process.tty) chownStdio(started.containerPid, process.stdioOwner);
  return { init: processRef(started.containerPid), conmon: processRef(started.conmonPid) };
}

/** A process that has ended already gets start time 0, which no process has. */
function processRef(pid: number): ProcessRef {
  return { pid, startTime: processStat(pid)?.startTime ?? 0 };
}
