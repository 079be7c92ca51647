// The values of signals in the node's statistics. Pure.
import type { FsStats, MemoryStats, NodeStats } from '../stats/stats-api.ts';
import type { Observation, Observations, Signal } from './thresholds/signals.ts';

/** The part of the node's statistics that signals come from. */
export type NodeFigures = Pick<NodeStats, 'memory' | 'fs' | 'runtime' | 'rlimit'> & {
  systemContainers?: readonly { name: string; memory?: MemoryStats | undefined }[] | undefined;
};

/** The signals in the node's statistics; what these do not tell is not observed. */
export function observe(node: NodeFigures): Observations {
  const pods = node.systemContainers?.find(({ name }) => name === 'pods');
  const { maxpid, curproc } = node.rlimit ?? {};
  const found: (readonly [Signal, Observation | undefined])[] = [
    ['memory.available', memoryLeft(node.memory)],
    ['allocatableMemory.available', memoryLeft(pods?.memory)],
    ...fileSystem('nodefs', node.fs),
    ...fileSystem('imagefs', node.runtime?.imageFs),
    ...fileSystem('containerfs', node.runtime?.containerFs),
    [
      'pid.available',
      maxpid === undefined || curproc === undefined
        ? undefined
        : { available: BigInt(maxpid - curproc), capacity: BigInt(maxpid) },
    ],
  ];
  return new Map(found.flatMap(([signal, seen]) => (seen ? [[signal, seen] as const] : [])));
}

function memoryLeft({ availableBytes, workingSetBytes }: Partial<MemoryStats> = {}): Observation | undefined {
  return availableBytes === undefined || workingSetBytes === undefined
    ? undefined
    : { available: availableBytes, capacity: availableBytes + workingSetBytes };
}

function fileSystem(
  name: 'nodefs' | 'imagefs' | 'containerfs',
  { availableBytes, capacityBytes, inodesFree, inodes }: Partial<FsStats> = {},
): (readonly [Signal, Observation | undefined])[] {
  return [
    [`${name}.available`, observation(availableBytes, capacityBytes)],
    [`${name}.inodesFree`, observation(inodesFree, inodes)],
  ];
}

function observation(available: bigint | undefined, capacity: bigint | undefined): Observation | undefined {
  return available === undefined || capacity === undefined ? undefined : { available, capacity };
}
