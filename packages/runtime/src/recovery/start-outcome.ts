import { existsSync, readlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { OciRuntime } from '../oci-runtime/runtime.ts';

/** How far a start came that a dead berthd had begun. */
export type StartOutcome = 'started' | 'not started' | 'stuck';

/** How long the runtime's init may take from its last word to the container's program. */
const execMs = 500;

/**
 * Looks at a container whose start was under way. The runtime's init waits at a fifo, and once let go
 * becomes the container's program. `stuck`: the fifo is gone, but the init was not let go, and cannot be.
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

/** Whether a process still runs the OCI runtime's own program, be it a sealed copy in memory. */
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
