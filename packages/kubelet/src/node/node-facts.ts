// What pods may ask of a node: its size, and the labels that select it. Types and pure functions; read-node.ts reads it.

/** The node's resources for pods. */
export interface NodeCapacity {
  cpus: number;
  memoryBytes: number;
  /** Size of the file system of volumes on disk. */
  ephemeralStorageBytes: number;
}

/** The node's resources and labels. */
export interface NodeFacts extends NodeCapacity {
  labels: Readonly<Record<string, string>>;
  maxPods: number;
}

/** Go's architecture names, which Kubernetes uses in node labels, by Node.js's names. */
const goArch: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' };

/** What a node called `name` with processors of type `arch` can give to pods. */
export function nodeFacts(name: string, arch: string, maxPods: number, capacity: NodeCapacity): NodeFacts {
  const architecture = goArch[arch] ?? arch;
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
