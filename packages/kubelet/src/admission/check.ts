// One reason for which a node does not take a pod.
import type { Pod } from '../api/pod.ts';
import type { NodeFacts } from '../node/node-facts.ts';
import type { NodeUsage } from './node-usage.ts';

/** What a check found: the pod fits, or it fails with what its status shows. */
export type Verdict = 'admitted' | Failed;

/** Why a pod is not admitted. */
export interface Failed {
  /** `status.reason`, as the real kubelet has it: `OutOfcpu`. */
  reason: string;
  /** `status.message` without `Pod was rejected: `, word for word as the real kubelet has it. */
  message: string;
  /** The same for a person, with units and names: for the log and `/rejected`. */
  detail: string;
}

/** Pure: whether the pod fits on the node beside the pods that `usage` counts. */
export type Check = (pod: Pod, node: NodeFacts, usage: NodeUsage) => Verdict;
