// Maps each volume mount of a container to what the runtime mounts there.
import type { Container, Pod, VolumeMount } from '../api/pod.ts';
import type { MountSource } from '../containers/container-config.ts';
import { containerEnvironment, type EnvironmentSources } from '../env/environment.ts';
import { expand } from '../env/expand.ts';
import { podDir } from '../paths/pod-paths.ts';
import type { PreparedVolumes } from './manager.ts';
import { bindSubPath } from './sub-path.ts';

type Roots = Parameters<typeof podDir>[0];

/**
 * Sources by the mount's path in the container. Bind-mounts each `subPath`. Throws when a volume is missing or a
 * `subPath` leads out of it.
 */
export function mountSources(
  pod: Pod,
  container: Container,
  volumes: PreparedVolumes,
  place: EnvironmentSources,
  roots: Roots,
): Map<string, MountSource> {
  const sources = new Map<string, MountSource>();
  for (const [index, mount] of (container.volumeMounts ?? []).entries()) {
    const volume = volumes.get(mount.name);
    if (volume?.from !== 'node') {
      throw new Error(`cannot find volume "${mount.name}" to mount into container "${container.name}"`);
    }
    const { path, isReadOnly, isRelabelled } = volume;
    const subPath = mount.subPathExpr ? expandSubPath(pod, container, mount, place) : mount.subPath;
    const part = `volume-subpaths/${mount.name}/${container.name}/${index}`;
    const hostPath = subPath
      ? bindSubPath(path, subPath, `${podDir(roots, pod.metadata.uid)}/${part}`)
      : path;
    sources.set(mount.mountPath, { hostPath, isReadOnly, isRelabelled });
  }
  return sources;
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
