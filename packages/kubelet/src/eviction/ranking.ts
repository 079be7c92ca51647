// Which pod is evicted first for the sake of a scarce resource. Pure.
// https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/#pod-selection-for-kubelet-eviction
import type { Pod } from '../api/pod.ts';
import { podRequests } from '../api/pod-totals.ts';
import type { FsStats, PodStats } from '../stats/stats-api.ts';
import { type Signal, signals } from './thresholds/signals.ts';
import type { FileSystemLayout } from './thresholds/thresholds.ts';

/** What pods use, by UID; a pod that uses nothing that is known is missing. */
export type UsageOf = ReadonlyMap<string, PodStats>;

/** What of a pod takes space on a file system. */
type DiskPart = 'layers' | 'logs' | 'volumes';

type Compare = (a: Pod, b: Pod) => number;

/** The pods in the order in which they are evicted. */
export function rankedPods(
  pods: readonly Pod[],
  signal: Signal,
  { usage, layout }: { usage: UsageOf; layout: FileSystemLayout },
): Pod[] {
  const rules = rulesOf(signal, usage, layout);
  return pods.toSorted((a, b) => {
    for (const rule of rules) {
      const order = rule(a, b);
      if (order !== 0) return order;
    }
    return 0;
  });
}

function rulesOf(signal: Signal, usage: UsageOf, layout: FileSystemLayout): Compare[] {
  const { resource } = signals[signal];
  switch (resource) {
    case 'memory': {
      const beyond = (pod: Pod, stats: PodStats): bigint =>
        (stats.memory?.workingSetBytes ?? 0n) - requested(pod, 'memory');
      return [exceeding(usage, beyond), byPriority, largest(usage, beyond)];
    }
    case 'pids':
      return [byPriority, largest(usage, (_, stats) => BigInt(stats.process_stats?.process_count ?? 0))];
    case 'ephemeral-storage':
    case 'inodes': {
      const parts = partsOn(signal, layout);
      const used = (pod: Pod, stats: PodStats): bigint => diskUsage(pod, stats, parts, resource);
      const request = (pod: Pod): bigint => requested(pod, 'ephemeral-storage');
      // As the real kubelet: a pod requests no inodes, and the bytes that it requests are taken from its inodes.
      const isBytes = resource === 'ephemeral-storage';
      return [
        exceeding(usage, (pod, stats) => used(pod, stats) - (isBytes ? request(pod) : 0n)),
        byPriority,
        largest(usage, (pod, stats) => used(pod, stats) - request(pod)),
      ];
    }
  }
}

/** What pods have on the file system of a signal. */
function partsOn(signal: Signal, { hasImageFs, hasContainerFs }: FileSystemLayout): readonly DiskPart[] {
  if (!hasImageFs) return ['layers', 'logs', 'volumes'];
  const isImages = signal.startsWith('imagefs.');
  if (hasContainerFs) return isImages ? [] : ['layers', 'logs', 'volumes'];
  return isImages || signal.startsWith('containerfs.') ? ['layers'] : ['logs', 'volumes'];
}

function diskUsage(
  pod: Pod,
  stats: PodStats,
  parts: readonly DiskPart[],
  resource: 'ephemeral-storage' | 'inodes',
): bigint {
  const of = (fs: FsStats | undefined): bigint =>
    (resource === 'inodes' ? fs?.inodesUsed : fs?.usedBytes) ?? 0n;
  const sum = (amounts: readonly bigint[]): bigint => amounts.reduce((total, each) => total + each, 0n);
  const local = localVolumes(pod);
  const amounts: Readonly<Record<DiskPart, () => bigint>> = {
    layers: () => sum(stats.containers.map(({ rootfs }) => of(rootfs))),
    logs: () => sum(stats.containers.map(({ logs }) => of(logs))),
    volumes: () => sum((stats.volume ?? []).flatMap((each) => (local.has(each.name) ? [of(each)] : []))),
  };
  return sum(parts.map((part) => amounts[part]()));
}

/** Names of the volumes that take space on the node's disk. */
function localVolumes({ spec }: Pod): ReadonlySet<string> {
  const isLocal = ({ hostPath, emptyDir, configMap }: NonNullable<typeof spec.volumes>[number]): boolean =>
    hostPath !== undefined || (emptyDir !== undefined && !emptyDir.medium) || configMap !== undefined;
  return new Set((spec.volumes ?? []).filter(isLocal).map(({ name }) => name));
}

/** What the pod requests, in bytes or pieces; overhead counts only beside a request. */
function requested(pod: Pod, resource: string): bigint {
  const isRequested = (podRequests(pod, { overhead: false }).get(resource) ?? 0n) > 0n;
  if (!isRequested) return 0n;
  return (podRequests(pod, { overhead: true }).get(resource) ?? 0n) / 1_000_000_000n;
}

/** Pods that use more than they request go first. */
function exceeding(usage: UsageOf, beyond: (pod: Pod, stats: PodStats) => bigint): Compare {
  return known(usage, (a, b, ofA, ofB) => trueFirst(beyond(a, ofA) > 0n, beyond(b, ofB) > 0n));
}

function largest(usage: UsageOf, amount: (pod: Pod, stats: PodStats) => bigint): Compare {
  return known(usage, (a, b, ofA, ofB) => {
    const difference = amount(b, ofB) - amount(a, ofA);
    return difference > 0n ? 1 : difference < 0n ? -1 : 0;
  });
}

/** Pods of which nothing is known go first. */
function known(usage: UsageOf, compare: (a: Pod, b: Pod, ofA: PodStats, ofB: PodStats) => number): Compare {
  return (a, b) => {
    const [ofA, ofB] = [usage.get(a.metadata.uid), usage.get(b.metadata.uid)];
    return ofA && ofB ? compare(a, b, ofA, ofB) : trueFirst(ofA === undefined, ofB === undefined);
  };
}

function byPriority(a: Pod, b: Pod): number {
  return (a.spec.priority ?? 0) - (b.spec.priority ?? 0);
}

function trueFirst(a: boolean, b: boolean): number {
  return Number(b) - Number(a);
}
