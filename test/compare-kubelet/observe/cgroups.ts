// The limits in the cgroups of a container, its pod, and the classes above, as the kernel has them.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Json } from '../normalise.ts';

/** Files that say what a kubelet asked for; all others count something. */
const limits =
  /^(memory\.(limit_in_bytes|memsw\.limit_in_bytes|soft_limit_in_bytes|swappiness|oom_control|max|high|min|low|swap\.max|oom\.group)|cpu\.(shares|cfs_quota_us|cfs_period_us|max|weight)|pids\.max|cpuset\.(cpus|mems)|hugetlb\.\w+\.(limit_in_bytes|max)|devices\.list)$/;

/** The limits of the cgroup of a process, and of the pod's cgroup above it, by hierarchy and file. */
export function cgroupLimits(pid: number): { container: Json; pod: Json; path: Json } {
  const own = cgroupsOf(pid);
  const above = own.map(({ hierarchy, path }) => ({ hierarchy, path: dirname(path) }));
  const [path = ''] = new Set(
    own.filter(({ hierarchy }) => hierarchy.includes('memory') || hierarchy === '').map((each) => each.path),
  );
  return { container: limitsOf(own), pod: limitsOf(above), path };
}

/** The limits of a cgroup by its path, in every hierarchy. */
export function limitsAt(path: string): Json {
  return limitsOf(cgroupsOf('self').map(({ hierarchy }) => ({ hierarchy, path })));
}

interface Place {
  /** The controllers of a hierarchy of version 1, '' for version 2. */
  hierarchy: string;
  path: string;
}

function cgroupsOf(pid: number | 'self'): Place[] {
  const lines = readFileSync(`/proc/${pid}/cgroup`, 'utf8').trim().split('\n');
  return lines.map((line) => {
    const [, hierarchy = '', path = ''] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    return { hierarchy, path };
  });
}

function limitsOf(places: readonly Place[]): Json {
  const found = places.flatMap(({ hierarchy, path }) => {
    const dir = join(mountPoint(hierarchy), path);
    if (!existsSync(dir)) return [[`missing ${hierarchy}`, path] as const];
    return readdirSync(dir)
      .filter((file) => limits.test(file))
      .map((file) => [file, readLimit(join(dir, file))] as const);
  });
  return Object.fromEntries(found.sort(([one], [other]) => (one < other ? -1 : 1)));
}

function mountPoint(hierarchy: string): string {
  if (hierarchy !== '') return join('/sys/fs/cgroup', hierarchy.replace(/^name=/, ''));
  return existsSync('/sys/fs/cgroup/unified') ? '/sys/fs/cgroup/unified' : '/sys/fs/cgroup';
}

function readLimit(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
}
