// How long pods have to end when their node shuts down.
import { systemCriticalPriority } from '../api/critical.ts';

/** How long pods have to end whose priority is this one or above it, up to the next one. */
export interface ShutdownPeriod {
  priority: number;
  graceSeconds: number;
}

/** The periods in their order. Without any by priority, critical pods have the last part of the whole. */
export function shutdownPeriods({
  wholeMs,
  criticalMs,
  byPriority,
}: {
  wholeMs: number;
  criticalMs: number;
  byPriority: readonly ShutdownPeriod[];
}): ShutdownPeriod[] {
  if (byPriority.length > 0) return byPriority.toSorted((a, b) => a.priority - b.priority);
  if (wholeMs === 0) return [];
  return [
    { priority: 0, graceSeconds: Math.floor((wholeMs - criticalMs) / 1000) },
    { priority: systemCriticalPriority, graceSeconds: Math.floor(criticalMs / 1000) },
  ];
}
