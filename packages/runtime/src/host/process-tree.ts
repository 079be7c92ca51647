import { constants } from 'node:os';
import { children, kill } from '@berth/linux/processes/process.ts';

/**
 * Kills every descendant of a process and the process groups that they lead, so that background processes are killed
 * too. The process itself survives and reaps them. Each is stopped before its children are listed, and listing is
 * repeated until it finds no new ones, so that none escapes by forking.
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
