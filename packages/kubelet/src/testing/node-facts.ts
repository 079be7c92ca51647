// A node for unit tests of admission: two cores, a gibibyte of memory, ten of disk.
import { allocatable } from '../node/allocatable.ts';
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
    allocatable: allocatable(testCapacity),
    allowedSysctls: allowedSysctls('6.1.0', ['kernel.msg*']),
    hasAppArmor: true,
    hasGroupsPolicy: true,
    ...changes,
  };
}
