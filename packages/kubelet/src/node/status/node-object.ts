// Node objects as this kubelet sends and reads them: Kubernetes 1.37's, of which kubernetes-types has only 1.30's.
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import type { ObjectMeta } from 'kubernetes-types/meta/v1.d.ts';

/** `status.nodeInfo`. */
export interface NodeSystemInfo extends v1.NodeSystemInfo {
  swap?: { capacity: number };
  runningInUserNamespace?: boolean;
}

/** One of `status.runtimeHandlers`. */
export interface NodeRuntimeHandler {
  name: string;
  features: { recursiveReadOnlyMounts: boolean; userNamespaces: boolean };
}

/** One of `status.conditions`. */
export interface NodeCondition extends v1.NodeCondition {
  lastHeartbeatTime: string;
  lastTransitionTime: string;
}

/** `status`. */
export interface NodeStatus extends Omit<v1.NodeStatus, 'nodeInfo' | 'runtimeHandlers' | 'conditions'> {
  nodeInfo?: NodeSystemInfo;
  runtimeHandlers?: NodeRuntimeHandler[];
  conditions?: NodeCondition[];
  features?: { supplementalGroupsPolicy: boolean };
  declaredFeatures?: string[];
}

/** A node. */
export interface Node {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta & { name: string };
  spec?: v1.NodeSpec;
  status?: NodeStatus;
}
