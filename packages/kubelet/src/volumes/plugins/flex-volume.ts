// flexVolume volumes: mounted and unmounted by drivers, programs of others that are installed on the node.
// https://kubernetes.io/docs/concepts/storage/volumes/#flexvolume
import { mkdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isMountPoint } from '@berth/linux/mounts/mount.ts';
import type { FlexVolumeSource } from 'kubernetes-types/core/v1.d.ts';
import type { Pod } from '../../api/pod.ts';
import { createLogger } from '../../klog/klog.ts';
import type { Objects } from '../../objects/objects.ts';
import { pluginDirs, volumePath, volumesDir } from '../../paths/pod-paths.ts';
import { NotSupportedError } from '../flex/driver-status.ts';
import { driverFolder, type FlexDriver, FlexDrivers } from '../flex/drivers.ts';
import { setVolumeGroup } from '../ownership.ts';
import type { VolumePlugin } from '../plugin.ts';
import { entries } from '../pod-dir.ts';

const log = createLogger('flex-volume.ts');

/** The parameters of the plugin. */
export interface FlexVolumePorts {
  roots: Parameters<typeof volumePath>[0];
  objects: Pick<Objects, 'secret'>;
  /** Directory of the drivers. */
  pluginDir: string;
}

/** The plugin of flexVolume volumes. */
export function flexVolumePlugin({ roots, objects, pluginDir }: FlexVolumePorts): VolumePlugin {
  const drivers = new FlexDrivers(pluginDir);
  return {
    kind: 'flexVolume',
    isLive: false,
    setUp: async (pod, { name, flexVolume: source }, signal) => {
      if (!source) throw new Error('the volume is no flexVolume');
      const folder = driverFolder(source.driver);
      const driver = await drivers.find(folder, signal);
      if (!driver) throw new Error(`no volume plugin matched: ${pluginDir} has no driver ${source.driver}`);
      if (driver.capabilities.attach) throw new Error(needsController(source.driver));
      const path = volumePath(roots, pod.metadata.uid, folder, name);
      if (!isMountPoint(path)) {
        const options = driverOptions(pod, name, source, objects);
        await mountVolume(driver, pod, path, source.readOnly === true, options, signal);
      }
      return {
        from: 'node',
        path,
        isReadOnly: source.readOnly === true,
        isRelabelled: driver.capabilities.selinuxRelabel,
      };
    },
    unmount: async (podFolder) => {
      const others: readonly string[] = Object.values(pluginDirs);
      const volumes = volumesDir(podFolder);
      for (const folder of await entries(volumes)) {
        if (others.includes(folder)) continue;
        const paths = (await entries(join(volumes, folder))).map((name) => join(volumes, folder, name));
        if (paths.length > 0) await unmountVolumes(await drivers.find(folder), paths);
      }
    },
  };
}

function needsController(driver: string): string {
  return `the volumes of driver ${driver} have to be attached by a controller of the cluster, and this kubelet has none; a driver that attaches nothing answers init with "capabilities": {"attach": false}`;
}

async function mountVolume(
  driver: FlexDriver,
  pod: Pod,
  path: string,
  isReadOnly: boolean,
  options: object,
  signal: AbortSignal,
): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o750 });
  try {
    await driver.call('mount', [path, JSON.stringify(options)], signal);
  } catch (error) {
    await rmdir(path).catch(() => {});
    throw error;
  }
  const { fsGroup, fsGroupChangePolicy } = pod.spec.securityContext;
  if (isReadOnly || !driver.capabilities.fsGroup) return;
  await setVolumeGroup(path, fsGroup, 'read-write', fsGroupChangePolicy);
}

/** What a driver is told about the volume; what its manifest says goes last. Throws when its Secret is missing. */
function driverOptions(
  { metadata: { name: podName, namespace, uid }, spec }: Pod,
  volume: string,
  { driver, fsType = '', readOnly, options, secretRef }: FlexVolumeSource,
  objects: Pick<Objects, 'secret'>,
): Record<string, string> {
  const { fsGroup } = spec.securityContext;
  return {
    'kubernetes.io/fsType': fsType,
    'kubernetes.io/readwrite': readOnly === true ? 'ro' : 'rw',
    'kubernetes.io/pvOrVolumeName': volume,
    'kubernetes.io/pod.name': podName,
    'kubernetes.io/pod.namespace': namespace,
    'kubernetes.io/pod.uid': uid,
    'kubernetes.io/serviceAccount.name': '',
    ...(secretRef?.name && secretOptions(namespace, secretRef.name, driver, objects)),
    ...(fsGroup !== undefined && { 'kubernetes.io/mounterArgs.FsGroup': String(fsGroup) }),
    ...options,
  };
}

function secretOptions(
  namespace: string,
  name: string,
  driver: string,
  objects: Pick<Objects, 'secret'>,
): Record<string, string> {
  const problem = `couldn't get secret ${namespace}/${name} err: `;
  const secret = objects.secret(namespace, name);
  if (!secret) throw new Error(`${problem}secrets "${name}" not found`);
  if (secret.type !== driver) throw new Error(`${problem}cannot get secret of type ${driver}`);
  return Object.fromEntries(
    [...secret.data].map(([key, value]) => [`kubernetes.io/secret/${key}`, value.toString('base64')]),
  );
}

/** Has the driver unmount each; the kubelet unmounts what is left, and those of a driver that is gone. */
async function unmountVolumes(driver: FlexDriver | undefined, paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    if (!driver) {
      log.warn('No driver is installed for a volume: it is unmounted without one', { path });
      continue;
    }
    try {
      await driver.call('unmount', [path]);
    } catch (error) {
      if (!(error instanceof NotSupportedError)) throw error;
    }
  }
}
