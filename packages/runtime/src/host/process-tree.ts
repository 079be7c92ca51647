import { constants } from 'node:os';
import { children, kill } from '@berth/linux/processes/process.ts';

/**
 * Kills every descendant of a process, and the process groups that they lead, so that what they have put
 * into the background goes too. The process itself is left, to see them end. Each is stopped before its
 * children are looked for, and all are looked for again, so that none gets away by forking.
 */
export function killDescendants(pid: number): void {
  const stopped = new Set<number>();
  for (let before = -1; before < stopped.size; ) {
    before = stopped.size;
    stopDescendants(pid, stopped);
  }
  for (const descendant of stopped) {
    kill(-descendant, constants.signals.SIGKILL);
    kill(descendant, constants.signals.SIGKILL);
  }
}

function stopDescendants(pid: number, stopped: Set<number>): void {
  for (const child of children(pid)) {
    if (!stopped.has(child) && kill(child, constants.signals.SIGSTOP)) stopped.add(child);
    stopDescendants(child, stopped);
  }
}
