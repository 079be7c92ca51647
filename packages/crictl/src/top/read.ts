// Reads the resource usage of the runtime's pods and containers.
import { CriError } from '@berth/cri/errors/cri-error.ts';
import type { Container, ContainerStats, PodSandboxStats, UInt64Value } from '@berth/cri/generated/api.ts';
import type { App } from '../app/app.ts';
import { within } from '../errors/within.ts';
import { podNameOf, podNamespaceOf } from '../filters/containers.ts';
import type { Reading, Usage } from './usage.ts';

/** The running pods and containers. When the runtime has no pod stats, a pod is the sum of its containers. */
export async function readUsage(app: App): Promise<Usage[]> {
  const runtime = await app.runtime();
  const [pods, containers, podStats] = await within('reading usage', () =>
    Promise.all([
      runtime.listPodSandbox({}, app.call()),
      runtime.listContainers({}, app.call()),
      runtime.listPodSandboxStats({}, app.call()).then(
        ({ stats }) => stats,
        (error) => {
          if (error instanceof CriError && error.code === 'UNIMPLEMENTED') return undefined;
          throw error;
        },
      ),
    ]),
  );
  const containerStats =
    podStats?.flatMap(({ linux }) => linux?.containers ?? []) ??
    (await within('reading usage', () => runtime.listContainerStats({}, app.call()))).stats;

  const byContainer = new Map(containers.containers.map((container) => [container.id, container]));
  const members = new Map<string, Usage[]>();
  const rows: Usage[] = [];
  for (const stats of containerStats) {
    const container = byContainer.get(stats.attributes?.id ?? '');
    if (container === undefined) continue;
    const { id, podSandboxId, labels, metadata, createdAt } = container;
    const row: Usage = {
      ...containerUsage(stats),
      id,
      kind: 'container',
      name: `${podNamespaceOf(labels)}/${podNameOf(labels)}/${metadata?.name ?? id}`,
      attempt: metadata?.attempt ?? 0,
      createdAtNanos: createdAt,
    };
    rows.push(row);
    members.set(podSandboxId, [...(members.get(podSandboxId) ?? []), row]);
  }
  const restarts = restartsOf(containers.containers);
  const byPod = new Map(podStats?.map((stats) => [stats.attributes?.id ?? '', stats]));
  for (const { id, metadata, createdAt } of pods.items) {
    const own = byPod.get(id);
    const parts = members.get(id);
    if (own === undefined && parts === undefined) continue;
    rows.push({
      ...(own === undefined ? summed(parts ?? []) : podUsage(own)),
      id,
      kind: 'pod',
      name: `${metadata?.namespace ?? ''}/${metadata?.name ?? id}`,
      attempt: restarts.get(id) ?? 0,
      createdAtNanos: createdAt,
    });
  }
  return rows;
}

/** Pure: the restarts of each pod by its id: the sum of its containers' last attempts. */
export function restartsOf(containers: readonly Container[]): Map<string, number> {
  const byPod = Map.groupBy(containers, ({ podSandboxId }) => podSandboxId);
  return new Map(
    [...byPod].map(([id, own]) => {
      const last = new Map<string, number>();
      for (const { metadata } of own) {
        const { name = '', attempt = 0 } = metadata ?? {};
        last.set(name, Math.max(attempt, last.get(name) ?? 0));
      }
      return [id, [...last.values()].reduce((sum, attempt) => sum + attempt, 0)];
    }),
  );
}

type Counters = Omit<Usage, 'id' | 'kind' | 'name' | 'attempt' | 'createdAtNanos'>;

function podUsage({ linux }: PodSandboxStats): Counters {
  const network = linux?.network;
  const card = network?.defaultInterface;
  return {
    cpuNanos: reading(linux?.cpu?.timestamp, linux?.cpu?.usageCoreNanoSeconds),
    receivedBytes: reading(network?.timestamp, card?.rxBytes),
    sentBytes: reading(network?.timestamp, card?.txBytes),
    ...memoryOf(linux?.memory),
    pids: toNumber(linux?.process?.processCount),
  };
}

function containerUsage({ cpu, memory }: ContainerStats): Counters {
  return {
    cpuNanos: reading(cpu?.timestamp, cpu?.usageCoreNanoSeconds),
    receivedBytes: undefined,
    sentBytes: undefined,
    ...memoryOf(memory),
    pids: undefined,
  };
}

/** The memory limit: the CRI reports limit - working set, and 0 or a huge number without a limit. */
function memoryOf(memory: ContainerStats['memory']): Pick<Usage, 'workingSetBytes' | 'limitBytes'> {
  const workingSetBytes = toNumber(memory?.workingSetBytes);
  const left = toNumber(memory?.availableBytes) ?? 0;
  const limitBytes = left > 0 && left < 2 ** 50 ? (workingSetBytes ?? 0) + left : undefined;
  return { workingSetBytes, limitBytes };
}

/** The sum of counters; its time is that of the newest one. */
export function summed(parts: readonly Usage[]): Counters {
  const cpus = parts.flatMap(({ cpuNanos }) => cpuNanos ?? []);
  const memories = parts.flatMap(({ workingSetBytes }) => workingSetBytes ?? []);
  return {
    cpuNanos: cpus.length === 0 ? undefined : cpus.reduce(add),
    receivedBytes: undefined,
    sentBytes: undefined,
    workingSetBytes: memories.length === 0 ? undefined : memories.reduce((sum, bytes) => sum + bytes, 0),
    limitBytes: undefined,
    pids: undefined,
  };
}

function add(sum: Reading, part: Reading): Reading {
  const newest = sum.atNanos < part.atNanos ? part : sum;
  return { atNanos: newest.atNanos, value: sum.value + part.value };
}

function reading(atNanos: bigint | undefined, value: UInt64Value | undefined): Reading | undefined {
  return atNanos === undefined || value === undefined ? undefined : { atNanos, value: value.value };
}

function toNumber(value: UInt64Value | undefined): number | undefined {
  return value === undefined ? undefined : Number(value.value);
}
