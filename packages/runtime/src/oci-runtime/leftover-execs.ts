import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { membership } from '@berth/linux/cgroups/membership.ts';
import { hasCode } from '@berth/linux/errno.ts';
import { kill } from '@berth/linux/process.ts';
import { killDescendants } from './process-tree.ts';

/**
 * Ends the execs that a berthd before this one was running when it was killed: nobody reads their output any
 * more, and nobody would end them at their timeout. `dir` is the `dir` of `execSync`. Returns how many
 * there were. A pid counts only when its cgroup is the container's, so a reused one is left alone.
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
    const pid = Number.parseInt(readFileSync(join(dir, name), 'utf8'), 10);
    if (!(pid > 1) || !isIn(containerId, pid)) continue;
    killDescendants(pid);
    kill(-pid, constants.signals.SIGKILL);
    if (kill(pid, constants.signals.SIGKILL)) count++;
  }
  rmSync(dir, { recursive: true, force: true });
  return count;
}

function isIn(containerId: string, pid: number): boolean {
  return [...(membership(pid)?.values() ?? [])].some((path) => path.includes(containerId));
}
