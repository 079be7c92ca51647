// What pods may ask of a node: its size, and the labels that select it. Types and pure functions; read-node.ts reads it.
import type { Taint } from 'kubernetes-types/core/v1.d.ts';
import type { Pod } from '../api/pod.ts';
import type { Pressures } from './status/status-facts.ts';

/** The node's resources for pods. */
export interface NodeCapacity {
  cpus: number;
  memoryBytes: number;
  /** Size of the file system of volumes on disk. */
  ephemeralStorageBytes: number;
}

/** What admission needs to know of the node. */
export interface NodeFacts {
  name: string;
  labels: Readonly<Record<string, string>>;
  /** Taints of the node in its cluster. */
  taints?: readonly Taint[];
  /** What the node has too little of; undefined: that is not watched. */
  pressures?: Pressures;
  /** Whether the node shuts down. */
  isShuttingDown?: boolean;
  maxPods: number;
  /** What pods can have of each resource, in billionths of a core, byte or piece. */
  allocatable: ReadonlyMap<string, bigint>;
  /** Whether pods get devices of this resource one by one, so that it is not counted, too. */
  hasDevices?(resource: string): boolean;
  /** The pod without the resources that it has by a claim. */
  withoutClaimed?(pod: Pod): Pod;
  /** Names and patterns of kernel parameters that pods may set. */
  allowedSysctls: readonly string[];
  /** Whether the kernel enforces AppArmor. */
  hasAppArmor: boolean;
  /** Whether the runtime knows `supplementalGroupsPolicy`; undefined until it has answered. */
  hasGroupsPolicy: boolean | undefined;
  /** The same of the options of a mount. */
  hasMountOptions: boolean | undefined;
  /** Whether containers may swap, in proportion to the memory that they request. */
  canSwap?: boolean;
}

/** Go's architecture names, which Kubernetes uses in node labels, by Node.js's names. */
const goArch: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' };

/** Go's name of the architecture that Node.js calls `arch`. */
export function goArchitecture(arch: string): string {
  return goArch[arch] ?? arch;
}

/** The labels of a node called `name` with processors of Node.js's type `arch`. */
export function nodeLabels(name: string, arch: string): Record<string, string> {
  const architecture = goArchitecture(arch);
  return {
    'beta.kubernetes.io/arch': architecture,
    'beta.kubernetes.io/os': 'linux',
    'kubernetes.io/arch': architecture,
    'kubernetes.io/hostname': name,
    'kubernetes.io/os': 'linux',
  };
}
