// Which path on the node each of a container's volume mounts shows.
import type { Container, Pod } from '../api/pod.ts';

/** Host paths by the mount's path in the container. Throws when a volume is missing. */
export function volumePaths(
  _pod: Pod,
  container: Container,
  place: { volumes: Map<string, string> },
): Map<string, string> {
  const paths = new Map<string, string>();
  for (const { name, mountPath } of container.volumeMounts ?? []) {
    const volume = place.volumes.get(name);
    if (volume === undefined) {
      throw new Error(`cannot find volume "${name}" to mount into container "${container.name}"`);
    }
    paths.set(mountPath, volume);
  }
  return paths;
}
