import { readFileSync } from 'node:fs';
import { hasCapability } from './capabilities.ts';

/**
 * The oom_score_adj nearest to the wanted one that a container can be given: going below our own needs
 * CAP_SYS_RESOURCE. The result is within -1000 … 1000.
 */
export function clampOomScoreAdj(wanted: number): number {
  const inRange = Math.min(1000, Math.max(-1000, wanted));
  if (hasCapability('CAP_SYS_RESOURCE')) return inRange;
  return Math.max(inRange, Number(readFileSync('/proc/self/oom_score_adj', 'utf8')));
}
