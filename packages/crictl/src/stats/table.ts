// The tables of `stats` and `statsp`, from two samples of the runtime's stats.
import type { ContainerStats, CpuUsage, PodSandboxStats, UInt64Value } from '@berth/cri/generated/api.ts';
import { humanSize, truncateId } from '../output/human.ts';

const containerHeader = ['CONTAINER', 'NAME', 'CPU %', 'MEM', 'DISK', 'INODES', 'SWAP'];
const podHeader = ['POD', 'POD ID', 'CPU %', 'MEM'];

interface Sample {
  attributes?: { id: string } | undefined;
}

/** The response with its stats sorted by id. */
export function byId<Stats extends Sample>(answer: { stats: readonly Stats[] }): { stats: Stats[] } {
  return { stats: answer.stats.toSorted((a, b) => (idOf(a) < idOf(b) ? -1 : idOf(a) > idOf(b) ? 1 : 0)) };
}

/**
 * The table of the containers that are in both samples. Without `all` it omits those that use neither CPU nor memory,
 * which do not run. Throws when the runtime returned the same measurement twice.
 */
export function containerTable(
  before: readonly ContainerStats[],
  now: readonly ContainerStats[],
  { all }: { all: boolean },
): string[][] {
  const rows = sampled(before, now).flatMap(([old, stats]) => {
    const { cpu, memory, writableLayer, swap } = stats;
    const bytes = amount(memory?.workingSetBytes);
    if (!all && isIdle(cpu, bytes)) return [];
    if (old === undefined) return [];
    return [
      [
        truncateId(idOf(stats)),
        stats.attributes?.metadata?.name ?? '',
        cpuPercent(old.cpu, cpu),
        size(bytes),
        size(amount(writableLayer?.usedBytes)),
        String(amount(writableLayer?.inodesUsed)),
        size(amount(swap?.swapUsageBytes)),
      ],
    ];
  });
  return [containerHeader, ...rows];
}

/**
 * The table of the pods that are in both samples and have stats. Throws when the runtime returned the same measurement
 * twice.
 */
export function podTable(before: readonly PodSandboxStats[], now: readonly PodSandboxStats[]): string[][] {
  const rows = sampled(before, now).flatMap(([old, stats]) => {
    const id = truncateId(idOf(stats));
    if (stats.linux !== undefined && stats.windows !== undefined) {
      throw new Error(`pod "${id}" has both linux and windows stats which is not supported`);
    }
    const { cpu, memory } = stats.linux ?? stats.windows ?? {};
    const bytes = amount(memory?.workingSetBytes);
    if (isIdle(cpu, bytes)) return [];
    if (old === undefined) return [];
    const oldCpu = (stats.linux === undefined ? old.windows : old.linux)?.cpu;
    return [[stats.attributes?.metadata?.name ?? '', id, cpuPercent(oldCpu, cpu), size(bytes)]];
  });
  return [podHeader, ...rows];
}

type Cpu = Pick<CpuUsage, 'timestamp' | 'usageCoreNanoSeconds'>;

const idOf = ({ attributes }: Sample) => attributes?.id ?? '';
const amount = (value: UInt64Value | undefined) => value?.value ?? 0n;
const size = (bytes: bigint) => humanSize(bytes, 4);

function sampled<Stats extends Sample>(
  before: readonly Stats[],
  now: readonly Stats[],
): [Stats | undefined, Stats][] {
  const known = new Map(before.map((stats) => [idOf(stats), stats]));
  return now.map((stats) => [known.get(idOf(stats)), stats]);
}

const isIdle = (cpu: Cpu | undefined, bytes: bigint) =>
  amount(cpu?.usageCoreNanoSeconds) === 0n && bytes === 0n;

/** Percent of one core between two measurements, by their timestamps. */
function cpuPercent(before: Cpu | undefined, now: Cpu | undefined): string {
  const used = amount(now?.usageCoreNanoSeconds);
  if (used === 0n) return '0.00';
  const nanos = (now?.timestamp ?? 0n) - (before?.timestamp ?? 0n);
  if (nanos === 0n) throw new Error('cpu stat is not updated during sample');
  return ((Number(used - amount(before?.usageCoreNanoSeconds)) / Number(nanos)) * 100).toFixed(2);
}
