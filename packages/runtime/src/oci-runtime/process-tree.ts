import { constants } from 'node:os';
import { children, kill } from '@berth/linux/process.ts';

/**
 * Kills every descendant of a process, and the process groups that they lead, so that what they have put
 * into the background goes too. The process itself is left, to see them end. Looks again until none is
 * new, since a process may fork while it is being looked at.
 */
export function killDescendants(pid: number): void {
  const killed = new Set<number>();
  for (let round = 0; round < 10; round++) {
    const found = descendants(pid).filter((descendant) => !killed.has(descendant));
    if (found.length === 0) return;
    for (const descendant of found) {
      killed.add(descendant);
      kill(-descendant, constants.signals.SIGKILL);
      kill(descendant, constants.signals.SIGKILL);
    }
  }
}

function descendants(pid: number): number[] {
  return children(pid).flatMap((child) => [child, ...descendants(child)]);
}
