// The status that the API server shall have: the kubelet's, with what others have set there, and no final phase before the
// pod's containers have stopped.
import type { Pod, PodCondition, PodStatus } from '../api/pod.ts';
import { isFinalPhase } from '../api/pod-phase.ts';
import { isOfKubelet, isShared } from './condition-owners.ts';
import { observedGeneration } from './conditions.ts';

/** Fields of a status that others write. */
const ofOthers = [
  'resourceClaimStatuses',
  'extendedResourceClaimStatus',
  'nodeAllocatableResourceClaimStatuses',
  'nominatedNodeName',
  'resize',
] as const;

/** What is known when statuses are merged. */
export interface MergeFacts {
  /** Whether containers of the pod may run. */
  mayRun: boolean;
  /** Now, as an API timestamp. */
  now: string;
}

/** The status to write over `served`, which the server has. */
export function mergeStatus(
  pod: Pod,
  served: PodStatus,
  own: PodStatus,
  { mayRun, now }: MergeFacts,
): PodStatus {
  const becomesFinal = !isFinalPhase(served.phase) && isFinalPhase(own.phase);
  const conditions = (served.conditions ?? []).filter(({ type }) => !isOfKubelet(type));
  for (const condition of own.conditions ?? []) {
    if (isOfKubelet(condition.type)) conditions.push(condition);
    // With the phase, when all containers have stopped; its time is that of the transition.
    else if (isShared(condition.type) && becomesFinal && !mayRun) {
      replaceOrAppend(conditions, { ...condition, ...transition(served, condition, now) });
    }
  }
  const { conditions: _, ...rest } = own;
  const merged: PodStatus = conditions.length > 0 ? { ...rest, conditions } : rest;
  for (const field of ofOthers) {
    const value: unknown = Reflect.get(served, field);
    if (value === undefined) Reflect.deleteProperty(merged, field);
    else Reflect.set(merged, field, value);
  }
  const { phase, reason, message } = served;
  if (becomesFinal && mayRun) Object.assign(merged, { phase, reason, message });
  // What is said of a phase holds as long as the phase does.
  else if (merged.phase === phase)
    Object.assign(merged, { reason: own.reason || reason, message: own.message || message });
  return isFinalPhase(merged.phase) ? withoutReadiness(pod, merged, served, now) : merged;
}

/** A pod in a final phase is not ready, whatever was known of its containers last. */
function withoutReadiness(pod: Pod, status: PodStatus, served: PodStatus, now: string): PodStatus {
  const isReady = status.conditions?.some(
    (each) => (each.type === 'Ready' || each.type === 'ContainersReady') && each.status === 'True',
  );
  if (!isReady) return status;
  const reason = status.phase === 'Failed' ? 'PodFailed' : 'PodCompleted';
  const conditions = (status.conditions ?? []).map((each) => {
    if (each.type !== 'Ready' && each.type !== 'ContainersReady') return each;
    const condition: PodCondition = {
      type: each.type,
      ...observedGeneration(pod),
      status: 'False',
      reason,
      lastProbeTime: null,
      lastTransitionTime: now,
    };
    return { ...condition, ...transition(served, condition, now) };
  });
  return { ...status, conditions };
}

function transition(
  { conditions }: PodStatus,
  { type, status }: PodCondition,
  now: string,
): Pick<PodCondition, 'lastTransitionTime'> {
  const before = conditions?.find((each) => each.type === type);
  return {
    lastTransitionTime: before?.status === status ? (before.lastTransitionTime ?? now) : now,
  };
}

function replaceOrAppend(conditions: PodCondition[], condition: PodCondition): void {
  const at = conditions.findIndex(({ type }) => type === condition.type);
  if (at === -1) conditions.push(condition);
  else conditions[at] = condition;
}
