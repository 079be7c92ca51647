// Sets oom_score_adj of containers within what this process may set.
import { readFileSync, writeFileSync } from 'node:fs';
import { hasCode } from '@berth/common/error-code.ts';
import { hasCapability } from '../security/capabilities.ts';
import { asSyscallError } from '../syscall/errno.ts';

/**
 * Clamps a container's oom_score_adj to the values that this process may set: a value below its own needs
 * CAP_SYS_RESOURCE. The result is within -1000 … 1000.
 */
export function clampOomScoreAdj(wanted: number): number {
  const inRange = Math.min(1000, Math.max(-1000, wanted));
  if (hasCapability('CAP_SYS_RESOURCE')) return inRange;
  return Math.max(inRange, Number(readFileSync('/proc/self/oom_score_adj', 'utf8')));
}

/**
 * Sets oom_score_adj of the processes of a container. A process whose value differs from the first process's has set
 * its own and keeps it. Ignores processes that have exited.
 */
export function adjustOomScores(pids: readonly number[], wanted: number): void {
  const before = pids.map(readOomScoreAdj);
  for (const [index, pid] of pids.entries()) {
    if (before[index] === undefined || before[index] !== before[0]) continue;
    try {
      writeFileSync(`/proc/${pid}/oom_score_adj`, String(wanted));
    } catch (error) {
      if (!hasCode(error, 'ENOENT', 'ESRCH')) throw asSyscallError(error);
    }
  }
}

function readOomScoreAdj(pid: number): number | undefined {
  try {
    return Number(readFileSync(`/proc/${pid}/oom_score_adj`, 'utf8'));
  } catch {
    return undefined;
  }
}
