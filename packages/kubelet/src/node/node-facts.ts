// What pods may ask of a node: its size, and the labels that select it.
import { arch } from 'node:os';
import type { NodeCapacity } from './node-capacity.ts';

/** What the node has to give. */
export interface NodeFacts extends NodeCapacity {
  labels: Readonly<Record<string, string>>;
  maxPods: number;
}

/** Go's names of the processors, which Kubernetes labels nodes with. */
const goArch: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' };

/** What this node can give to pods. */
export function nodeFacts(name: string, maxPods: number, capacity: NodeCapacity): NodeFacts {
  const architecture = goArch[arch()] ?? arch();
  return {
    labels: {
      'beta.kubernetes.io/arch': architecture,
      'beta.kubernetes.io/os': 'linux',
      'kubernetes.io/arch': architecture,
      'kubernetes.io/hostname': name,
      'kubernetes.io/os': 'linux',
    },
    maxPods,
    ...capacity,
  };
}
