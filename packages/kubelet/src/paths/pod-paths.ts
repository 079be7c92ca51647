// The paths of a pod's folders and files, in the real kubelet's layout.
import { dirname, join } from 'node:path';
import type { PodIdentity } from '../api/pod.ts';
import type { KubeletOptions } from '../options/kubelet-options.ts';

/** Whether a name is a valid file name: a pod's names must not lead to a path elsewhere. */
export function isPathPart(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && !/[/\0]/.test(name);
}

function part(name: string): string {
  if (!isPathPart(name)) throw new Error(`${JSON.stringify(name)} cannot be the name of a file`);
  return name;
}

type Root = Pick<KubeletOptions, 'rootDir'>;
type Roots = Pick<KubeletOptions, 'rootDir' | 'podLogsDir'>;

/** Folder of all pods' folders. */
export function podsDir(roots: Root): string {
  return join(roots.rootDir, 'pods');
}

/** The pod's folder: volumes, hosts file, termination messages. */
export function podDir(roots: Root, uid: string): string {
  return join(podsDir(roots), part(uid));
}

/** Folder of the volumes that are on disk, in the folder of a pod: one of each plugin. */
export function volumesDir(podFolder: string): string {
  return join(podFolder, 'volumes');
}

/** Folder of the volumes of one plugin that are on disk, in the folder of a pod. */
export function pluginVolumesDir(podFolder: string, pluginDir: string): string {
  return join(volumesDir(podFolder), pluginDir);
}

/** Folders of the kinds of volumes in a pod's `volumes`, as the real kubelet names them. */
export const pluginDirs = {
  configMap: 'kubernetes.io~configmap',
  csi: 'kubernetes.io~csi',
  downwardAPI: 'kubernetes.io~downward-api',
  emptyDir: 'kubernetes.io~empty-dir',
  iscsi: 'kubernetes.io~iscsi',
  local: 'kubernetes.io~local-volume',
  nfs: 'kubernetes.io~nfs',
  projected: 'kubernetes.io~projected',
  secret: 'kubernetes.io~secret',
} as const;

/** Folder of one volume. `pluginDir` is named as in the real kubelet, such as `kubernetes.io~empty-dir`. */
export function volumePath(roots: Root, uid: string, pluginDir: string, volume: string): string {
  return join(pluginVolumesDir(podDir(roots, uid), pluginDir), part(volume));
}

/** Folder of the links to a pod's block devices, in the folder of a pod: one of each plugin. */
export function volumeDevicesDir(podFolder: string): string {
  return join(podFolder, 'volumeDevices');
}

/** The link to a block device of a pod. */
export function deviceLink(roots: Root, uid: string, pluginDir: string, volume: string): string {
  return join(volumeDevicesDir(podDir(roots, uid)), pluginDir, part(volume));
}

/** The file that exists once a volume was made. It is outside of the volume, where no container can remove it. */
export function readyMarker(roots: Root, uid: string, pluginDir: string, volume: string): string {
  return join(podDir(roots, uid), 'plugins', pluginDir, part(volume), 'ready');
}

/** Folder of one container's termination messages, a file per attempt. */
export function terminationDir(roots: Root, uid: string, container: string): string {
  return join(podDir(roots, uid), 'containers', part(container));
}

/** Folder of the pod's logs. */
export function podLogDir(roots: Roots, pod: PodIdentity): string {
  return join(roots.podLogsDir, part(`${pod.namespace}_${pod.name}_${pod.uid}`));
}

/** A container's log, relative to the pod's log folder. */
export function logPath(container: string, restartCount: number): string {
  return `${part(container)}/${restartCount}.log`;
}

/** Folder of the links that log collectors read: /var/log/containers beside /var/log/pods. */
export function containerLogsDir(roots: Roots): string {
  return join(dirname(roots.podLogsDir), 'containers');
}

/** The link to a container's log. */
export function logSymlink(roots: Roots, pod: PodIdentity, container: string, containerId: string): string {
  const name = `${pod.name}_${pod.namespace}_${container}-${containerId}`;
  // A file name has at most 255 bytes.
  return join(containerLogsDir(roots), part(`${name.slice(0, 251)}.log`));
}
