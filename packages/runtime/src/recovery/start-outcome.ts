// Determines whether a container that a killed berthd was starting has started.

import { existsSync, readlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { OciRuntime } from '../oci-runtime/runtime.ts';

/** The outcome of a start that a killed berthd had begun. */
export type StartOutcome = 'started' | 'not started' | 'stuck';

/** Maximum time for the runtime's init from opening the fifo to exec of the container's program. */
const execMs = 500;

/**
 * Determines the outcome of an interrupted start. The runtime's init waits at a fifo, then executes the container's
 * program. `stuck`: the fifo is deleted, but the init still waits and cannot be started any more.
 */
export async function startOutcome(runtime: OciRuntime, id: string, initPid: number): Promise<StartOutcome> {
  const deadline = performance.now() + execMs;
  for (;;) {
    if (!isRuntimeInit(runtime, initPid)) return 'started';
    if (existsSync(join(runtime.root, id, 'exec.fifo'))) return 'not started';
    if (performance.now() > deadline) return 'stuck';
    await delay(10);
  }
}

/** Whether a process still runs the OCI runtime's own program, which may be a sealed copy in memory. */
function isRuntimeInit(runtime: OciRuntime, pid: number): boolean {
  try {
    const program = readlinkSync(`/proc/${pid}/exe`);
    const name = basename(runtime.path);
    return (
      program === runtime.path || program.startsWith(`/memfd:${name}`) || basename(program).startsWith(name)
    );
  } catch {
    return false;
  }
}
