// What evictions are triggered by: signals, and what each says of the node. Pure.

/** What may become scarce. */
export type StarvedResource = 'memory' | 'ephemeral-storage' | 'inodes' | 'pids';

interface SignalKind {
  resource: StarvedResource;
  /** The condition of the node. */
  pressure: 'memory' | 'disk' | 'pid';
}

const memory: SignalKind = { resource: 'memory', pressure: 'memory' };
const disk: SignalKind = { resource: 'ephemeral-storage', pressure: 'disk' };
const inodes: SignalKind = { resource: 'inodes', pressure: 'disk' };

/** The signals that Kubernetes knows. */
export const signals = {
  'allocatableMemory.available': memory,
  'containerfs.available': disk,
  'containerfs.inodesFree': inodes,
  'imagefs.available': disk,
  'imagefs.inodesFree': inodes,
  'memory.available': memory,
  'nodefs.available': disk,
  'nodefs.inodesFree': inodes,
  'pid.available': { resource: 'pids', pressure: 'pid' },
} as const satisfies Readonly<Record<string, SignalKind>>;

/** The name of a signal. */
export type Signal = keyof typeof signals;

/** Whether Kubernetes knows a signal of this name. */
export function isSignal(name: string): name is Signal {
  return Object.hasOwn(signals, name);
}

/** What a signal is at one time, in bytes or pieces. */
export interface Observation {
  available: bigint;
  capacity: bigint;
}

/** The signals that could be observed. */
export type Observations = ReadonlyMap<Signal, Observation>;
