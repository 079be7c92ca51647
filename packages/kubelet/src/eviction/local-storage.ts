// Limits of what pods write to the node's disk: of an emptyDir, of the pod, and of a container. Pure.
// https://kubernetes.io/docs/concepts/storage/ephemeral-storage/
import { formatQuantity, parseQuantity } from '@berth/common/quantity.ts';
import { containersOfKind, isSidecar } from '../api/each-container.ts';
import type { Container, Pod } from '../api/pod.ts';
import type { PodStats } from '../stats/stats-api.ts';
import { podTotals } from '../status/quantities.ts';

/** A limit that a pod exceeds. */
export interface ExceededLimit {
  /** Its name in metrics. */
  signal: 'emptydirfs.limit' | 'ephemeralpodfs.limit' | 'ephemeralcontainerfs.limit';
  message: string;
}

const resource = 'ephemeral-storage';
const billion = 1_000_000_000n;

/** Whether the pod has such limits, so that its usage has to be measured. */
export function hasStorageLimits(pod: Pod): boolean {
  return sizeLimits(pod).length > 0 || podTotals(pod, 'limits')[resource] !== undefined;
}

/** The first limit that the pod exceeds. `hasImageFs`: writable layers are on a file system of their own. */
export function exceededLimit(
  pod: Pod,
  stats: PodStats,
  { hasImageFs }: { hasImageFs: boolean },
): ExceededLimit | undefined {
  return ofEmptyDir(pod, stats) ?? ofPod(pod, stats) ?? ofContainer(pod, stats, hasImageFs);
}

/** Size limits of the pod's emptyDirs. One in memory cannot grow beyond its own. */
function sizeLimits({ spec }: Pod): { name: string; limit: string }[] {
  return (spec.volumes ?? []).flatMap(({ name, emptyDir }) => {
    const limit = emptyDir?.sizeLimit;
    return limit === undefined || emptyDir?.medium || amount(limit) <= 0n ? [] : [{ name, limit }];
  });
}

function ofEmptyDir(pod: Pod, { volume = [] }: PodStats): ExceededLimit | undefined {
  const used = new Map(volume.map(({ name, usedBytes }) => [name, usedBytes ?? 0n]));
  const exceeded = sizeLimits(pod).find(
    ({ name, limit }) => (used.get(name) ?? 0n) * billion > amount(limit),
  );
  if (!exceeded) return undefined;
  const limit = formatQuantity(parseQuantity(exceeded.limit));
  const message = `Usage of EmptyDir volume "${exceeded.name}" exceeds the limit "${limit}". `;
  return { signal: 'emptydirfs.limit', message };
}

function ofPod(pod: Pod, stats: PodStats): ExceededLimit | undefined {
  const limit = podTotals(pod, 'limits')[resource];
  const used = stats[resource]?.usedBytes ?? 0n;
  if (limit === undefined || used * billion <= amount(limit)) return undefined;
  const message = `Pod ephemeral local storage usage exceeds the total limit of containers ${limit}. `;
  return { signal: 'ephemeralpodfs.limit', message };
}

function ofContainer(pod: Pod, { containers }: PodStats, hasImageFs: boolean): ExceededLimit | undefined {
  const limits = new Map(
    [
      ...containersOfKind<Container>(pod.spec, 'regular'),
      ...containersOfKind<Container>(pod.spec, 'init').filter(({ container }) => isSidecar(container)),
    ].map(({ container }) => [container.name, container.resources.limits?.[resource] ?? '0']),
  );
  for (const { name, logs, rootfs } of containers) {
    const limit = limits.get(name) ?? '0';
    const used = (logs?.usedBytes ?? 0n) + (hasImageFs ? 0n : (rootfs?.usedBytes ?? 0n));
    if (amount(limit) === 0n || used * billion <= amount(limit)) continue;
    const text = formatQuantity(parseQuantity(limit));
    const message = `Container ${name} exceeded its local ephemeral storage limit "${text}". `;
    return { signal: 'ephemeralcontainerfs.limit', message };
  }
  return undefined;
}

function amount(quantity: string): bigint {
  return parseQuantity(quantity).nanos;
}
