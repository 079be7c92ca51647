// A node for unit tests of admission: two cores, a gibibyte of memory, ten of disk.
import type { CgroupNode } from '../cgroups/cgroup-node.ts';
import { capacityAmounts } from '../node/allocatable.ts';
import { allowedSysctls } from '../node/allowed-sysctls.ts';
import { type NodeCapacity, type NodeFacts, nodeLabels } from '../node/node-facts.ts';

/** The size of the node. */
export const testCapacity: NodeCapacity = {
  cpus: 2,
  memoryBytes: 1024 ** 3,
  ephemeralStorageBytes: 10 * 1024 ** 3,
};

/** A node called `n`; what is not given has its default. */
export function testNodeFacts(changes: Partial<NodeFacts> = {}): NodeFacts {
  return {
    name: 'n',
    labels: nodeLabels('n', 'x64'),
    maxPods: 10,
    allocatable: capacityAmounts(testCapacity, { pids: 1000, hugepages: new Map([['2Mi', 2 ** 23]]) }),
    allowedSysctls: allowedSysctls('6.1.0', ['kernel.msg*']),
    hasAppArmor: true,
    hasGroupsPolicy: true,
    hasMountOptions: true,
    ...changes,
  };
}

/** The cgroups of that node: v1, with swap controller and without swap; what is not given has its default. */
export function testCgroupNode(changes: Partial<CgroupNode> = {}): CgroupNode {
  return {
    version: 'v1',
    hasSwapController: true,
    hugepageSizes: ['2MB'],
    memoryBytes: testCapacity.memoryBytes,
    swapBytes: 0,
    allocatableMemoryBytes: testCapacity.memoryBytes,
    pageBytes: 4096,
    ...changes,
  };
}
