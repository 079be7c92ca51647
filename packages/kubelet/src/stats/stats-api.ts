// The answer of /stats/summary: k8s.io/kubelet/pkg/apis/stats/v1alpha1. Types only. Members are in Kubernetes' order,
// in which JSON has them; undefined ones are left out.
import type { Instant } from './instant.ts';

/** Statistics of the node and of its pods that run. */
export interface Summary {
  node: NodeStats;
  pods: PodStats[];
}

export interface NodeStats {
  nodeName: string;
  systemContainers?: ContainerStats[] | undefined;
  /** When the machine was booted. */
  startTime: Instant;
  cpu?: CpuStats | undefined;
  memory?: MemoryStats | undefined;
  io?: IoStats | undefined;
  network?: NetworkStats | undefined;
  /** The file system of the kubelet's root directory. */
  fs?: FsStats | undefined;
  runtime?: { imageFs?: FsStats | undefined; containerFs?: FsStats | undefined } | undefined;
  rlimit?: RlimitStats | undefined;
  swap?: SwapStats | undefined;
}

export interface PodStats {
  podRef: { name: string; namespace: string; uid: string };
  /** When the pod's sandbox was made. */
  startTime: Instant;
  containers: ContainerStats[];
  cpu?: CpuStats | undefined;
  memory?: MemoryStats | undefined;
  io?: IoStats | undefined;
  network?: NetworkStats | undefined;
  volume?: VolumeStats[] | undefined;
  'ephemeral-storage'?: FsStats | undefined;
  process_stats?: { process_count: number } | undefined;
  swap?: SwapStats | undefined;
}

export interface ContainerStats {
  name: string;
  startTime: Instant;
  cpu?: CpuStats | undefined;
  memory?: MemoryStats | undefined;
  io?: IoStats | undefined;
  rootfs?: FsStats | undefined;
  logs?: FsStats | undefined;
  swap?: SwapStats | undefined;
}

export interface CpuStats {
  time: Instant;
  usageNanoCores?: bigint | undefined;
  usageCoreNanoSeconds?: bigint | undefined;
  psi?: PsiStats | undefined;
}

export interface MemoryStats {
  time: Instant;
  /** What is left of the limit; absent without one. */
  availableBytes?: bigint | undefined;
  usageBytes?: bigint | undefined;
  workingSetBytes?: bigint | undefined;
  rssBytes?: bigint | undefined;
  pageFaults?: bigint | undefined;
  majorPageFaults?: bigint | undefined;
  psi?: PsiStats | undefined;
}

export interface SwapStats {
  time: Instant;
  swapAvailableBytes?: bigint | undefined;
  swapUsageBytes?: bigint | undefined;
}

export interface IoStats {
  time: Instant;
  psi?: PsiStats | undefined;
}

export interface PsiStats {
  full: PsiData;
  some: PsiData;
}

export interface PsiData {
  total: bigint;
  avg10: number;
  avg60: number;
  avg300: number;
}

export interface InterfaceStats {
  name: string;
  rxBytes?: bigint | undefined;
  rxErrors?: bigint | undefined;
  txBytes?: bigint | undefined;
  txErrors?: bigint | undefined;
}

/** The default interface, and all. */
export interface NetworkStats extends InterfaceStats {
  time: Instant;
  interfaces: InterfaceStats[];
}

export interface FsStats {
  /** null: never measured. */
  time: Instant | null;
  availableBytes?: bigint | undefined;
  capacityBytes?: bigint | undefined;
  usedBytes?: bigint | undefined;
  inodesFree?: bigint | undefined;
  inodes?: bigint | undefined;
  inodesUsed?: bigint | undefined;
}

export interface VolumeStats extends FsStats {
  name: string;
  pvcRef?: { name: string; namespace: string };
}

export interface RlimitStats {
  time: Instant;
  maxpid?: number | undefined;
  curproc?: number | undefined;
}
