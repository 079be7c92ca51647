// Finds the cgroups of a pod's containers and sandbox below the pod's own, whatever the runtime calls them.
import { readdirSync } from 'node:fs';
import { hasCode } from '@berth/common/error-code.ts';
import type { Cgroups } from '@berth/linux/cgroups/cgroups.ts';

/**
 * The id of the container or sandbox that a cgroup is named for: the name itself, or the end of a scope such as
 * `cri-containerd-ID.scope`. Undefined for other cgroups, such as that of a container's monitor.
 */
export function containerIdOfCgroup(name: string): string | undefined {
  if (/^[0-9a-f]{64}$/.test(name)) return name;
  const [, prefix = '', id] = /^(.*)-([0-9a-f]{64})\.scope$/.exec(name) ?? [];
  return prefix.includes('conmon') ? undefined : id;
}

/** Paths by the id of the container or sandbox; none when the pod's cgroup does not exist. */
export function containerCgroups(cgroups: Pick<Cgroups, 'directory'>, podPath: string): Map<string, string> {
  const directory = cgroups.directory(podPath, 'memory') ?? cgroups.directory(podPath, 'cpu');
  return new Map(
    namesIn(directory).flatMap((name) => {
      const id = containerIdOfCgroup(name);
      return id === undefined ? [] : [[id, `${podPath}/${name}`] as const];
    }),
  );
}

function namesIn(directory: string | undefined): string[] {
  try {
    return directory === undefined ? [] : readdirSync(directory);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENODEV')) return [];
    throw error;
  }
}
