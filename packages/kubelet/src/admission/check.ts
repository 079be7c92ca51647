// The interface of admission checks.
import type { Pod } from '../api/pod.ts';
import type { NodeFacts } from '../node/node-facts.ts';
import type { NodeUsage } from './node-usage.ts';

/** The result of a check: the pod is admitted, or the failure for its status. */
export type Verdict = 'admitted' | Failed;

/** Why a pod is not admitted. */
export interface Failed {
  /** `status.reason`, as the real kubelet has it: `OutOfcpu`. */
  reason: string;
  /** `status.message` without `Pod was rejected: `, in the real kubelet's exact words. */
  message: string;
  /** The same for a person, with units and names: for the log and `/rejected`. */
  detail: string;
}

/** Pure: whether the pod fits on the node beside the pods that `usage` counts. */
export type Check = (pod: Pod, node: NodeFacts, usage: NodeUsage) => Verdict;
