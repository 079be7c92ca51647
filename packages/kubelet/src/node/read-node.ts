// Reads what admission needs to know of this node.
import { arch, release } from 'node:os';
import type { KubeletOptions } from '../options/kubelet-options.ts';
import { allocatable } from './allocatable.ts';
import { allowedSysctls } from './allowed-sysctls.ts';
import { isAppArmorEnabled } from './app-armor.ts';
import { nodeCapacity } from './node-capacity.ts';
import { type NodeFacts, nodeLabels } from './node-facts.ts';

/** The node's facts, before its runtime has answered. */
export function readNode(options: KubeletOptions): NodeFacts {
  const { nodeName, maxPods, rootDir } = options;
  return {
    name: nodeName,
    labels: nodeLabels(nodeName, arch()),
    maxPods,
    allocatable: allocatable(nodeCapacity(rootDir)),
    allowedSysctls: allowedSysctls(release(), options.allowedUnsafeSysctls),
    hasAppArmor: isAppArmorEnabled(),
    hasGroupsPolicy: undefined,
  };
}
