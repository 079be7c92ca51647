// Which cgroups came with a pod, and so go with it: with the cgroupfs driver berthd makes missing parents too.

/** A sandbox's cgroups: the pod's own, and the topmost one that was created for it ('' for none). */
export interface PodCgroups {
  readonly pod: string;
  readonly owned: string;
}

function isWithin(path: string, ancestor: string): boolean {
  return path === ancestor || path.startsWith(`${ancestor}/`);
}

/**
 * The topmost cgroup that has to be created for a pod, and is removed with the last pod in it; '' when the pod's
 * own exists already. A cgroup that was created for another pod is shared with that pod.
 */
export function ownedCgroup(
  pod: string,
  others: readonly PodCgroups[],
  exists: (path: string) => boolean,
): string {
  const shared = others.find(({ owned }) => owned !== '' && isWithin(pod, owned));
  if (shared !== undefined) return shared.owned;
  const parts = pod.split('/').slice(1);
  const ancestors = parts.map((_, index) => `/${parts.slice(0, index + 1).join('/')}`);
  return ancestors.find((path) => !exists(path)) ?? '';
}

/** The cgroups to remove with a pod: those created for it that no other pod is in. */
export function removableCgroups({ pod, owned }: PodCgroups, others: readonly PodCgroups[]): string[] {
  if (owned === '') return [];
  return [owned, pod].filter((path) => !others.some((other) => isWithin(other.pod, path))).slice(0, 1);
}
