// Reads what the kubelet needs to know of this node: for admission, for pods, and for their cgroups.
import { arch, release } from 'node:os';
import type { KubeletOptions } from '../options/kubelet-options.ts';
import { capacityAmounts, capacityForPods } from './allocatable.ts';
import { allowedSysctls } from './allowed-sysctls.ts';
import { isAppArmorEnabled } from './app-armor.ts';
import { kernelLimits } from './kernel-limits.ts';
import { nodeCapacity } from './node-capacity.ts';
import { type NodeCapacity, type NodeFacts, nodeLabels } from './node-facts.ts';
import { type NodeSelinux, nodeSelinux } from './node-selinux.ts';
import { allocatable, enforced, overReserved } from './reservation.ts';

/** This node, before its runtime has answered. */
export interface ThisNode {
  /** For admission. */
  facts: NodeFacts;
  capacity: NodeCapacity;
  /** All that the node has, in billionths of a core, byte or process. */
  amounts: ReadonlyMap<string, bigint>;
  /** What pods can request of that. */
  forPods: NodeCapacity;
  /** Limits of all pods together, in billionths of a core, byte or process. */
  podLimits: ReadonlyMap<string, bigint>;
  selinux: NodeSelinux;
}

/** Reads the node. Throws when more is reserved than it has. */
export function readNode(options: KubeletOptions): ThisNode {
  const { nodeName, maxPods, rootDir, reservations, enforceNodeAllocatable } = options;
  const capacity = nodeCapacity(rootDir);
  const amounts = capacityAmounts(capacity, kernelLimits());
  const problem = overReserved(amounts, reservations);
  if (problem !== undefined) throw new Error(`invalid Node Allocatable configuration. ${problem}`);
  const forPods = allocatable(amounts, reservations);
  return {
    facts: {
      name: nodeName,
      labels: { ...nodeLabels(nodeName, arch()), ...options.registration.labels },
      maxPods,
      allocatable: forPods,
      allowedSysctls: allowedSysctls(release(), options.allowedUnsafeSysctls),
      hasAppArmor: isAppArmorEnabled(),
      hasGroupsPolicy: undefined,
      hasMountOptions: undefined,
    },
    capacity,
    amounts,
    forPods: capacityForPods(forPods),
    podLimits: enforceNodeAllocatable ? enforced(amounts, reservations) : amounts,
    selinux: nodeSelinux(),
  };
}
