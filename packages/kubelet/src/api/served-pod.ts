// A pod as an API server has it.
import type { Pod, PodStatus } from './pod.ts';

/** A pod of an API server; a mirror pod, too. */
export interface ServedPod {
  /** As this kubelet runs it. The same object until something else than its status changes. */
  pod: Pod;
  /** The status that the server has. */
  status: PodStatus;
  /** Of the version with this status. */
  resourceVersion: string;
}
