// Maps each volume mount of a container to what the runtime mounts there.
import { mounts } from '@berth/linux/mounts/mount.ts';
import type { Container, Pod, VolumeMount } from '../api/pod.ts';
import type { MountSource } from '../containers/container-config.ts';
import { containerEnvironment, type EnvironmentSources } from '../env/environment.ts';
import { expand } from '../env/expand.ts';
import type { PresentImage } from '../kubecontainer/present-image.ts';
import { podDir } from '../paths/pod-paths.ts';
import type { PreparedVolumes } from './manager.ts';
import { bindSubPath, checkSubPath } from './sub-path.ts';
import { bindSubPathApart, hasRemoteFileSystems } from './sub-path-process.ts';

type Roots = Parameters<typeof podDir>[0];

/** The volumes of a pod, and the images of those that are images, by name. */
export interface Mountable {
  volumes: PreparedVolumes;
  imageVolumes: ReadonlyMap<string, PresentImage>;
}

/**
 * Sources by the mount's path in the container. Bind-mounts each `subPath`. Throws when a volume is missing or a
 * `subPath` leads out of it.
 */
export async function mountSources(
  pod: Pod,
  container: Container,
  mountable: Mountable,
  place: EnvironmentSources,
  roots: Roots,
): Promise<Map<string, MountSource>> {
  const sources = new Map<string, MountSource>();
  for (const [index, mount] of (container.volumeMounts ?? []).entries()) {
    const subPath = mount.subPathExpr ? expandSubPath(pod, container, mount, place) : (mount.subPath ?? '');
    checkSubPath(subPath);
    const part = `volume-subpaths/${mount.name}/${container.name}/${index}`;
    const target = `${podDir(roots, pod.metadata.uid)}/${part}`;
    const source =
      imageSource(pod, mount, mountable, subPath) ??
      (await nodeSource(pod, mount, mountable, subPath, target));
    if (source === undefined) {
      throw new Error(`cannot find volume "${mount.name}" to mount into container "${container.name}"`);
    }
    sources.set(mount.mountPath, source);
  }
  return sources;
}

function imageSource(
  pod: Pod,
  { name }: VolumeMount,
  { imageVolumes }: Mountable,
  subPath: string,
): MountSource | undefined {
  const found = imageVolumes.get(name);
  if (found === undefined) return undefined;
  const userSpecifiedImage = pod.spec.volumes?.find((each) => each.name === name)?.image?.reference ?? '';
  const annotations = pod.metadata.annotations ?? {};
  return { from: 'image', image: { image: found.ref, userSpecifiedImage, annotations }, subPath };
}

async function nodeSource(
  pod: Pod,
  { name }: VolumeMount,
  { volumes }: Mountable,
  subPath: string,
  target: string,
): Promise<MountSource | undefined> {
  const volume = volumes.get(name);
  if (volume?.from !== 'node') return undefined;
  const { path, isReadOnly, isRelabelled } = volume;
  const bind = mayBeRemote(pod, name) ? bindSubPathApart : bindSubPath;
  const hostPath = subPath ? await bind(path, subPath, target) : path;
  return { from: 'node', hostPath, isReadOnly, isRelabelled };
}

/** Whether a file server may have the volume's files. A symbolic link of the node may lead to any mount. */
function mayBeRemote(pod: Pod, name: string): boolean {
  const volume = pod.spec.volumes?.find((each) => each.name === name);
  const { nfs, hostPath, csi, persistentVolumeClaim, ephemeral } = volume ?? {};
  const source = nfs ?? hostPath ?? csi ?? persistentVolumeClaim ?? ephemeral;
  return source !== undefined && hasRemoteFileSystems(mounts());
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
