import { readFileSync, writeFileSync } from 'node:fs';
import { hasCode } from '@berth/common/error-code.ts';
import { hasCapability } from '../security/capabilities.ts';
import { asSyscallError } from '../syscall/errno.ts';

/**
 * The oom_score_adj nearest to the wanted one that a container can be given: going below our own needs
 * CAP_SYS_RESOURCE. The result is within -1000 … 1000.
 */
export function clampOomScoreAdj(wanted: number): number {
  const inRange = Math.min(1000, Math.max(-1000, wanted));
  if (hasCapability('CAP_SYS_RESOURCE')) return inRange;
  return Math.max(inRange, Number(readFileSync('/proc/self/oom_score_adj', 'utf8')));
}

/**
 * Gives processes that were just listed another oom_score_adj. A process that has set one of its own, other than
 * the first one's, keeps it; one that has ended meanwhile is no error.
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
