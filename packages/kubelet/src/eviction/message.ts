// What is told of an eviction: tools read these words. Pure.
import { formatQuantity, parseQuantity } from '@berth/common/quantity.ts';
import { containersOfKind } from '../api/each-container.ts';
import type { Container, Pod } from '../api/pod.ts';
import { podLevelResources } from '../api/pod-totals.ts';
import type { ContainerStats, PodStats } from '../stats/stats-api.ts';
import { byteQuantity } from '../status/quantities.ts';
import { type Observations, type Signal, type StarvedResource, signals } from './thresholds/signals.ts';
import { amountOf, type Threshold } from './thresholds/thresholds.ts';

/** Why a pod is evicted, and what its event says beside. */
export interface EvictionReport {
  message: string;
  annotations: Readonly<Record<string, string>>;
}

/** The report on the eviction of a pod, of which `stats` are known. `due`: the thresholds that evict pods now. */
export function evictionReport(
  pod: Pod,
  resource: StarvedResource,
  {
    stats,
    due,
    observations,
  }: { stats: PodStats | undefined; due: readonly Threshold[]; observations: Observations },
): EvictionReport {
  const reason = `The node was low on resource: ${resource}. ${thresholdText(resource, due, observations)}`;
  if (!stats) return { message: reason, annotations: {} };
  const ofPod = resource === 'memory' ? podUsage(pod, stats) : undefined;
  const offenders = stats.containers.flatMap((each) => offence(pod, resource, each) ?? []);
  return {
    message: [
      reason,
      ...(ofPod ? [`Pod ${pod.metadata.name} ${consumption(ofPod, resource)}`] : []),
      ...offenders.map((each) => `Container ${each.name} ${consumption(each, resource)}`),
    ].join(''),
    annotations: {
      ...(ofPod && { offending_pod: pod.metadata.name, offending_pod_usage: ofPod.usage }),
      offending_containers: offenders.map(({ name }) => name).join(','),
      offending_containers_usage: offenders.map(({ usage }) => usage).join(','),
      starved_resource: resource,
    },
  };
}

interface Consumption {
  usage: string;
  request: string;
}

function consumption({ usage, request }: Consumption, resource: StarvedResource): string {
  return `was using ${usage}, request is ${request}, has larger consumption of ${resource}. `;
}

/** The first threshold of the resource that can be compared. */
function thresholdText(
  resource: StarvedResource,
  due: readonly Threshold[],
  observations: Observations,
): string {
  for (const { signal, value } of due) {
    const seen = observations.get(signal);
    if (signals[signal].resource !== resource || seen === undefined) continue;
    const threshold = formatQuantity(amountOf(value, seen.capacity));
    return `Threshold quantity: ${threshold}, available: ${amountText(signal, seen.available)}. `;
  }
  return '';
}

function amountText(signal: Signal, amount: bigint): string {
  const { resource } = signals[signal];
  const isBytes = resource === 'memory' || resource === 'ephemeral-storage';
  const nanos = amount * 1_000_000_000n;
  return isBytes ? byteQuantity(amount) : formatQuantity({ nanos, format: 'DecimalSI' });
}

/** The pod's own request of memory, when it has one, and what it uses. */
function podUsage(pod: Pod, { memory }: PodStats): Consumption | undefined {
  const request = podLevelResources(pod)?.requests?.['memory'];
  if (request === undefined || memory === undefined) return undefined;
  return {
    usage: byteQuantity(memory.workingSetBytes ?? 0n),
    request: formatQuantity(parseQuantity(request)),
  };
}

/** Set when a container uses more than it requests. */
function offence(
  pod: Pod,
  resource: StarvedResource,
  stats: ContainerStats,
): (Consumption & { name: string }) | undefined {
  const used = usageOf(resource, stats);
  const container = [
    ...containersOfKind<Container>(pod.spec, 'regular'),
    ...containersOfKind<Container>(pod.spec, 'init'),
  ].find((each) => each.container.name === stats.name)?.container;
  if (used === undefined || container === undefined) return undefined;
  const request = parseQuantity(container.resources.requests?.[resource] ?? '0');
  if (used * 1_000_000_000n <= request.nanos) return undefined;
  return { name: stats.name, usage: byteQuantity(used), request: formatQuantity(request) };
}

function usageOf(resource: StarvedResource, { rootfs, logs, memory }: ContainerStats): bigint | undefined {
  if (resource === 'memory') return memory?.workingSetBytes;
  if (resource !== 'ephemeral-storage' || rootfs?.usedBytes === undefined) return undefined;
  return logs?.usedBytes === undefined ? undefined : rootfs.usedBytes + logs.usedBytes;
}
