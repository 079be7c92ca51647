import { constants } from 'node:os';
import { children, kill, processStat } from '@berth/linux/process.ts';

/** Kills a process and all its descendants. They are stopped first, top down, so that none can escape by forking. */
export function killTree(pid: number): void {
  const stopped: number[] = [];
  const queue = [pid];
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    if (!kill(next, constants.signals.SIGSTOP)) continue;
    stopped.push(next);
    queue.push(...children(next));
  }
  for (const member of stopped) kill(member, constants.signals.SIGKILL);
}

/**
 * Of the processes of a container, those that were put into it from outside and whose parent is gone: what
 * a dead berthd ran in it by ExecSync. The container's own have a parent among themselves, or one of
 * `parents`: its conmon, or the init of its pod, which take in orphans.
 */
export function strangers(pids: readonly number[], init: number, parents: readonly number[]): number[] {
  const family = new Set([...pids, ...parents]);
  return pids.filter((pid) => {
    const stat = processStat(pid);
    return pid !== init && stat !== undefined && stat.state !== 'Z' && !family.has(stat.ppid);
  });
}
