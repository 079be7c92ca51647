// The runtime's statistics of a container, for one whose cgroup the kubelet does not know. Pure.
import type {
  ContainerStats as CriContainerStats,
  PsiData as CriPsiData,
  PsiStats as CriPsiStats,
  FilesystemUsage,
} from '@berth/cri/generated/api.ts';
import type { UsedSpace } from './file-stats.ts';
import { Instant } from './instant.ts';
import type { PsiData, PsiStats } from './stats-api.ts';
import type { UsageStats } from './usage-stats.ts';

/** What the runtime does not tell is 0. `now`: the time of what it does not tell. */
export function criUsage({ cpu, memory, swap, io }: Partial<CriContainerStats>, now: Instant): UsageStats {
  return {
    cpu: {
      time: at(cpu, now),
      usageNanoCores: cpu?.usageNanoCores?.value ?? 0n,
      usageCoreNanoSeconds: cpu?.usageCoreNanoSeconds?.value ?? 0n,
      psi: psiStats(cpu?.psi),
    },
    memory: {
      time: at(memory, now),
      availableBytes: memory?.availableBytes?.value,
      usageBytes: memory?.usageBytes?.value ?? 0n,
      workingSetBytes: memory?.workingSetBytes?.value ?? 0n,
      rssBytes: memory?.rssBytes?.value ?? 0n,
      pageFaults: memory?.pageFaults?.value,
      majorPageFaults: memory?.majorPageFaults?.value,
      psi: psiStats(memory?.psi),
    },
    io: { time: at(io, now), psi: psiStats(io?.psi) },
    swap: {
      time: at(swap, now),
      swapAvailableBytes: swap?.swapAvailableBytes?.value ?? 0n,
      swapUsageBytes: swap?.swapUsageBytes?.value ?? 0n,
    },
  };
}

/** What a writable layer or all images take. */
export function criSpace({ timestamp, usedBytes, inodesUsed }: FilesystemUsage): UsedSpace {
  return { time: new Instant(timestamp), bytes: usedBytes?.value, inodes: inodesUsed?.value };
}

/** The usage of a pod without a cgroup of its own: the sum of its containers'. Undefined without containers. */
export function sumOfUsage(containers: readonly UsageStats[]): UsageStats | undefined {
  const [first, ...others] = containers;
  if (first === undefined) return undefined;
  const sum = (pick: (usage: UsageStats) => bigint | undefined): bigint =>
    others.reduce((total, usage) => total + (pick(usage) ?? 0n), pick(first) ?? 0n);
  // Pressure does not add up.
  return {
    cpu: {
      time: first.cpu.time,
      usageNanoCores: sum(({ cpu }) => cpu.usageNanoCores),
      usageCoreNanoSeconds: sum(({ cpu }) => cpu.usageCoreNanoSeconds),
    },
    memory: {
      time: first.memory.time,
      availableBytes: sum(({ memory }) => memory.availableBytes),
      usageBytes: sum(({ memory }) => memory.usageBytes),
      workingSetBytes: sum(({ memory }) => memory.workingSetBytes),
      rssBytes: sum(({ memory }) => memory.rssBytes),
      pageFaults: sum(({ memory }) => memory.pageFaults),
      majorPageFaults: sum(({ memory }) => memory.majorPageFaults),
    },
    io: { time: first.io.time },
    swap: {
      time: first.swap.time,
      swapAvailableBytes: sum(({ swap }) => swap.swapAvailableBytes),
      swapUsageBytes: sum(({ swap }) => swap.swapUsageBytes),
    },
  };
}

function at(message: { timestamp: bigint } | undefined, now: Instant): Instant {
  return message === undefined ? now : new Instant(message.timestamp);
}

function psiStats(psi: CriPsiStats | undefined): PsiStats | undefined {
  return psi && { full: psiData(psi.Full), some: psiData(psi.Some) };
}

function psiData(data: CriPsiData | undefined): PsiData {
  const { Total = 0n, Avg10 = 0, Avg60 = 0, Avg300 = 0 } = data ?? {};
  return { total: Total, avg10: Avg10, avg60: Avg60, avg300: Avg300 };
}
