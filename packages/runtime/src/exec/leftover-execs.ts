import { readdirSync, rmSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { hasCode } from '@berth/common/error-code.ts';
import { readRegularFileSync } from '@berth/common/files/regular-file.ts';
import { membership } from '@berth/linux/cgroups/membership.ts';
import { kill } from '@berth/linux/processes/process.ts';
import { killDescendants } from '../host/process-tree.ts';

/** Maximum size of a pid file, which holds one number. */
const maxPidBytes = 64;

/**
 * Kills the execs that a killed berthd left running: nothing reads their output or enforces their timeout. `dir` is
 * the `dir` of ExecFiles. Returns how many there were. A pid counts only when its cgroup is the container's, so a
 * reused pid is left alone.
 */
export function killLeftoverExecs(dir: string, containerId: string): number {
  let names: string[];
  try {
    names = readdirSync(dir);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return 0;
    throw error;
  }
  let count = 0;
  for (const name of names.filter((each) => each.endsWith('.pid'))) {
    if (killExec(join(dir, name), containerId)) count++;
  }
  rmSync(dir, { recursive: true, force: true });
  return count;
}

/** Kills the command of a pid file and its descendants. False when it has ended before. */
export function killExec(pidFile: string, containerId: string): boolean {
  const pid = Number.parseInt(readRegularFileSync(pidFile, { maxBytes: maxPidBytes }).toString(), 10);
  if (!(pid > 1) || !isIn(containerId, pid)) return false;
  killDescendants(pid);
  // Kill both the group and the process: not every command leads a group, and a leader may be reaped in between.
  const wasGroup = kill(-pid, constants.signals.SIGKILL);
  return kill(pid, constants.signals.SIGKILL) || wasGroup;
}

function isIn(containerId: string, pid: number): boolean {
  return [...(membership(pid)?.values() ?? [])].some((path) => path.includes(containerId));
}
