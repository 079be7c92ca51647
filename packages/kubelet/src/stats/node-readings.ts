// Reads the figures of the machine that are in no cgroup.
import { readFileSync } from 'node:fs';
import { membership } from '@berth/linux/cgroups/membership.ts';
import { fileSystemUsage } from '@berth/linux/files/file-system-usage.ts';
import { parseNetDev } from '@berth/linux/netlink/net-dev.ts';
import type { FileSystemAt } from './file-stats.ts';
import { Instant } from './instant.ts';
import { networkStats } from './network-stats.ts';
import type { NetworkStats, RlimitStats } from './stats-api.ts';

/** When the machine was booted. */
export function bootTime(): Instant {
  const seconds = /^btime (\d+)$/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1];
  return Instant.ofMs(Number(seconds ?? 0) * 1000);
}

/** The node's interfaces. */
export function nodeNetwork(): NetworkStats {
  return networkStats(Instant.ofMs(Date.now()), parseNetDev(readFileSync('/proc/self/net/dev', 'utf8')));
}

/** The file system that holds `path`. */
export async function fileSystemOf(path: string): Promise<FileSystemAt> {
  return { ...(await fileSystemUsage(path)), time: Instant.ofMs(Date.now()) };
}

/** Undefined when `path` does not exist here: the runtime may see other mounts. */
export async function fileSystemIfThere(path: string | undefined): Promise<FileSystemAt | undefined> {
  if (path === undefined || path === '') return undefined;
  return fileSystemOf(path).catch(() => undefined);
}

/** Tasks of the machine, and how many there may be. */
export function rlimits(): RlimitStats {
  const limits = ['pid_max', 'threads-max'].map((name) =>
    Number(readFileSync(`/proc/sys/kernel/${name}`, 'utf8')),
  );
  return {
    time: Instant.ofMs(Date.now()),
    maxpid: Math.min(...limits),
    curproc: taskCount(readFileSync('/proc/loadavg', 'utf8')),
  };
}

/** The number of tasks in /proc/loadavg, e.g. 3518 in `1.36 3.49 4.53 2/3518 3715089`. */
export function taskCount(loadavg: string): number | undefined {
  const count = /^\S+ \S+ \S+ \d+\/(\d+) /.exec(loadavg)?.[1];
  return count === undefined ? undefined : Number(count);
}

/** The kubelet's own cgroup; undefined when none has all of its usage. */
export function ownCgroup(): string | undefined {
  return accountedCgroup(membership(process.pid) ?? new Map());
}

/**
 * The cgroup in which the usage of a process is read: on v1 that of systemd, which may account only for a cgroup above
 * it, and none where processor time and memory are accounted apart. Pure.
 */
export function accountedCgroup(paths: ReadonlyMap<string, string>): string | undefined {
  const cpu = paths.get('cpu');
  if (cpu === undefined) return paths.get('');
  return cpu === paths.get('memory') ? (paths.get('name=systemd') ?? cpu) : undefined;
}
