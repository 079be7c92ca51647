// Maps each volume mount of a container to a path on the node.
import type { Container, Pod, VolumeMount } from '../api/pod.ts';
import { containerEnvironment, type EnvironmentSources } from '../env/environment.ts';
import { expand } from '../env/expand.ts';
import { podDir } from '../paths/pod-paths.ts';
import { bindSubPath } from './sub-path.ts';

type Roots = Parameters<typeof podDir>[0];

/**
 * Host paths by the mount's path in the container. Bind-mounts each `subPath`. Throws when a volume is missing or a
 * `subPath` leads out of it.
 */
export function volumePaths(
  pod: Pod,
  container: Container,
  volumes: ReadonlyMap<string, string>,
  place: EnvironmentSources,
  roots: Roots,
): Map<string, string> {
  const paths = new Map<string, string>();
  for (const [index, mount] of (container.volumeMounts ?? []).entries()) {
    const volume = volumes.get(mount.name);
    if (volume === undefined) {
      throw new Error(`cannot find volume "${mount.name}" to mount into container "${container.name}"`);
    }
    const subPath = mount.subPathExpr ? expandSubPath(pod, container, mount, place) : mount.subPath;
    if (!subPath) {
      paths.set(mount.mountPath, volume);
      continue;
    }
    const part = `volume-subpaths/${mount.name}/${container.name}/${index}`;
    paths.set(mount.mountPath, bindSubPath(volume, subPath, `${podDir(roots, pod.metadata.uid)}/${part}`));
  }
  return paths;
}

/** Expands `subPathExpr` in the container's environment. Throws for a variable without a value. */
function expandSubPath(
  pod: Pod,
  container: Container,
  mount: VolumeMount,
  place: EnvironmentSources,
): string {
  const environment = containerEnvironment(pod, container, place);
  return expand(mount.subPathExpr ?? '', (name) => {
    const value = environment.get(name);
    if (value === undefined)
      throw new Error(`missing value for "${name}" in subPathExpr of ${mount.mountPath}`);
    return value.toString();
  });
}
