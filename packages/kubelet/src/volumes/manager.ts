// Makes the volumes of a pod before its containers, and removes them afterwards, by the plugin of each kind.
import { join } from 'node:path';
import { messageOf } from '@berth/common/error-message.ts';
import { makePrivateDirectory } from '@berth/common/files/directories.ts';
import { removeTree } from '@berth/linux/files/remove-tree.ts';
import type { Pod, Volume } from '../api/pod.ts';
import { pluginVolumesDir, podDir, podsDir } from '../paths/pod-paths.ts';
import type { VolumePlugin } from './plugin.ts';
import { entries, unmountPodDir } from './pod-dir.ts';

type Roots = Parameters<typeof podDir>[0];

/** Sets up and tears down all volumes of a pod. */
export class VolumeManager {
  readonly #roots: Roots;
  readonly #plugins: readonly VolumePlugin[];

  constructor(roots: Roots, plugins: readonly VolumePlugin[]) {
    this.#roots = roots;
    this.#plugins = plugins;
  }

  /** Makes the pod's volumes; returns their paths on the node by name. The error names the volume. */
  async setUp(pod: Pod): Promise<Map<string, string>> {
    makePrivateDirectory(podsDir(this.#roots));
    makePrivateDirectory(podDir(this.#roots, pod.metadata.uid));
    const paths = new Map<string, string>();
    for (const volume of pod.spec.volumes ?? []) {
      try {
        paths.set(volume.name, await this.#pluginOf(volume).setUp(pod, volume));
      } catch (error) {
        throw new Error(`MountVolume.SetUp failed for volume "${volume.name}" : ${messageOf(error)}`, {
          cause: error,
        });
      }
    }
    return paths;
  }

  /** Removes the pod's volumes and its folder. Works without the manifest: an earlier kubelet may have made them. */
  async tearDown(uid: string): Promise<void> {
    const folder = await unmountPodDir(uid, this.#roots);
    if (folder === undefined) return;
    for (const { onDisk } of this.#plugins) {
      if (onDisk === undefined) continue;
      const volumes = pluginVolumesDir(folder, onDisk.directory);
      for (const name of await entries(volumes)) await onDisk.tearDown(join(volumes, name));
    }
    await removeTree(folder);
  }

  #pluginOf(volume: Volume): VolumePlugin {
    const plugin = this.#plugins.find(({ kind }) => volume[kind] !== undefined);
    if (plugin) return plugin;
    const kinds = this.#plugins.map(({ kind }) => kind).join(' and ');
    throw new Error(`this kubelet knows only ${kinds} volumes`);
  }
}
