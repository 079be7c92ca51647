// Which pods are critical to the node, and which of two may take the other's place.
import type { Pod } from './pod.ts';
import { isMirror, isStatic } from './pod-source-of.ts';

/** Priorities from here on are those of the system. */
export const systemCriticalPriority = 2_000_000_000;

/** Whether the pod is critical: every static pod is, and every pod with a priority of the system. */
export function isCritical(pod: Pod): boolean {
  return isStatic(pod) || isMirror(pod) || (pod.spec.priority ?? 0) >= systemCriticalPriority;
}

/** Whether `preemptor` may take the place of `other`. Between critical pods, only the priorities of both decide. */
export function mayPreempt(preemptor: Pod, other: Pod): boolean {
  if (isCritical(preemptor) && !isCritical(other)) return true;
  const [own, its] = [preemptor.spec.priority, other.spec.priority];
  return own !== undefined && its !== undefined && own > its;
}
