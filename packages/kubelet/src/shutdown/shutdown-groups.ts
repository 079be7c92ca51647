// In which order, and how long, pods end when their node shuts down. Pure.
// https://kubernetes.io/docs/concepts/cluster-administration/node-shutdown/
import type { Pod } from '../api/pod.ts';
import type { ShutdownPeriod } from '../options/shutdown-periods.ts';

/** Pods that end together. */
export interface ShutdownGroup extends ShutdownPeriod {
  pods: readonly Pod[];
}

/** How long the shutdown of the machine has to wait at most, in seconds. */
export function wholePeriod(periods: readonly ShutdownPeriod[]): number {
  return periods.reduce((sum, { graceSeconds }) => sum + graceSeconds, 0);
}

/** The groups that have pods, in the order in which they end. A priority below all periods has the lowest one. */
export function shutdownGroups(periods: readonly ShutdownPeriod[], pods: readonly Pod[]): ShutdownGroup[] {
  const groups = periods.map((period) => ({ ...period, pods: [] as Pod[] }));
  for (const pod of pods) {
    const priority = pod.spec.priority ?? 0;
    (groups.findLast((group) => group.priority <= priority) ?? groups[0])?.pods.push(pod);
  }
  return groups.filter((group) => group.pods.length > 0);
}

/** The grace period of a pod in its group. */
export function shutdownGrace({ spec }: Pod, { graceSeconds }: ShutdownPeriod): number {
  return Math.min(spec.terminationGracePeriodSeconds, graceSeconds);
}
