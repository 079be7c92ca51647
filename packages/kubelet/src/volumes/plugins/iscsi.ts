// iscsi volumes: a disk of an iSCSI target, whose file system containers share.
// https://kubernetes.io/docs/concepts/storage/volumes/#iscsi
import { basename, dirname } from 'node:path';
import { removeTree } from '@berth/linux/files/remove-tree.ts';
import type { Objects } from '../../objects/objects.ts';
import { pluginDirs } from '../../paths/pod-paths.ts';
import type { IscsiVolumes } from '../iscsi/iscsi-volumes.ts';
import type { VolumePlugin } from '../plugin.ts';
import { inline } from '../selinux/asked-label.ts';
import { type LabelPorts, requestLabel } from '../selinux/request-label.ts';

/** The parameters of the plugin. */
export interface IscsiPorts extends LabelPorts {
  volumes: Pick<IscsiVolumes, 'mount' | 'release'>;
  objects: Pick<Objects, 'secret'>;
}

/** The plugin of iscsi volumes; it also takes away those of claims. */
export function iscsiPlugin({ volumes, objects, ...labels }: IscsiPorts): VolumePlugin {
  return {
    kind: 'iscsi',
    isLive: false,
    setUp: async (pod, { name, iscsi }, signal) => {
      if (!iscsi) throw new Error('the volume is no iscsi');
      const { secretRef, ...source } = iscsi;
      const { namespace } = pod.metadata;
      const secret = async () => secretOf(objects, namespace, secretRef?.name);
      const isReadOnly = source.readOnly === true;
      const label = requestLabel(labels, pod, name, inline);
      return await volumes.mount(pod, { name, source, isReadOnly, mountOptions: [], label, secret }, signal);
    },
    // A volume that was never mounted for the pod has nothing in its folder.
    unmount: async (podFolder) => volumes.release(basename(podFolder)),
    onDisk: {
      directory: pluginDirs.iscsi,
      tearDown: async (path) => {
        await removeTree(path);
        volumes.release(basename(dirname(dirname(dirname(path)))));
      },
    },
  };
}

function secretOf(
  objects: Pick<Objects, 'secret'>,
  namespace: string,
  name: string | undefined,
): Record<string, string> {
  if (!name) return {};
  const secret = objects.secret(namespace, name);
  if (!secret) throw new Error(`couldn't get secret ${namespace}/${name} error: secrets "${name}" not found`);
  return Object.fromEntries([...secret.data].map(([key, value]) => [key, value.toString()]));
}
