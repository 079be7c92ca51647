// Makes the volumes of a pod before its containers, keeps them up to date, and removes them afterwards, by the plugin of
// each kind.
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { makePrivateDirectory } from '@berth/common/files/directories.ts';
import { removeTree } from '@berth/linux/files/remove-tree.ts';
import { type Pod, podKey, type Volume } from '../api/pod.ts';
import { volumeUses } from '../api/volume-uses.ts';
import { aboutPod, type Recorder } from '../events/event.ts';
import { createLogger } from '../klog/klog.ts';
import { rpcErrorText } from '../kubecontainer/rpc-error-text.ts';
import { pluginVolumesDir, podDir, podsDir, volumesDir } from '../paths/pod-paths.ts';
import { MountRetries } from './mount-retries.ts';
import type { PreparedVolume, VolumePlugin } from './plugin.ts';
import { entries, unmountBelow, unmountPodDir } from './pod-dir.ts';
import { MapError, VolumeError, VolumeRefusal, VolumeStepError, VolumeWait } from './volume-error.ts';

const log = createLogger('manager.ts');

type Roots = Parameters<typeof podDir>[0];

/** A volume as it was when it was made. */
interface MadeVolume {
  volume: Volume;
  prepared: PreparedVolume;
}

/** The volumes of a pod by name. */
export type PreparedVolumes = ReadonlyMap<string, PreparedVolume>;

/** Sets up, refreshes and tears down all volumes of a pod. */
export class VolumeManager {
  readonly #roots: Roots;
  readonly #plugins: readonly VolumePlugin[];
  readonly #events: Recorder;
  /** Volumes that this kubelet has set up, by pod and name. */
  readonly #made = new Map<string, Map<string, MadeVolume>>();
  readonly #retries = new MountRetries();
  /** Pods that have ended, and whose volumes are removed. */
  readonly #released = new Set<string>();
  /** The last failure to refresh a volume, by pod and name, so that each is logged once. */
  readonly #stale = new Map<string, Map<string, string>>();

  constructor(roots: Roots, plugins: readonly VolumePlugin[], events: Recorder) {
    this.#roots = roots;
    this.#plugins = plugins;
    this.#events = events;
  }

  /**
   * Makes the volumes that containers of the pod have. A volume that was made before is only refreshed, and stays as it is when that fails.
   *
   * @param signal aborted when the pod must end
   * @throws VolumeError that names the volume, and says when to try again unless something happens before
   */
  async setUp(pod: Pod, signal: AbortSignal): Promise<PreparedVolumes> {
    makePrivateDirectory(podsDir(this.#roots));
    makePrivateDirectory(podDir(this.#roots, pod.metadata.uid));
    this.#released.delete(pod.metadata.uid);
    const made = this.#madeOf(pod.metadata.uid);
    const prepared = new Map<string, PreparedVolume>();
    for (const volume of usedVolumes(pod)) {
      const former = made.get(volume.name);
      if (former && isDeepStrictEqual(former.volume, volume)) {
        await this.#refresh(pod, volume, signal);
        prepared.set(volume.name, former.prepared);
      } else {
        const current = await this.#make(pod, volume, signal);
        made.set(volume.name, { volume, prepared: current });
        prepared.set(volume.name, current);
      }
    }
    return prepared;
  }

  /**
   * Brings the content of the pod's live volumes up to date, for containers that run. Costs little when nothing has
   * changed. A failure is logged: the volume stays as it is.
   */
  async refresh(pod: Pod, signal: AbortSignal): Promise<void> {
    for (const volume of usedVolumes(pod)) await this.#refresh(pod, volume, signal);
  }

  /**
   * Removes the volumes of a pod that has ended and is still wanted: it keeps its folder, with what is remembered of it.
   * The space on the disk is free for others.
   */
  async release(uid: string): Promise<void> {
    if (this.#released.has(uid)) return;
    const folder = podDir(this.#roots, uid);
    this.#forget(uid);
    for (const plugin of this.#plugins) await plugin.unmount?.(folder);
    const subPaths = await unmountBelow(join(folder, 'volume-subpaths'));
    const volumes = await unmountBelow(volumesDir(folder));
    if (volumes !== undefined) {
      await this.#removeVolumes(folder);
      await removeTree(volumes);
    }
    if (subPaths !== undefined) await removeTree(subPaths);
    this.#released.add(uid);
  }

  /** Removes the pod's volumes and its folder. Works without the manifest: an earlier kubelet may have made them. */
  async tearDown(uid: string): Promise<void> {
    this.#forget(uid);
    this.#released.delete(uid);
    for (const plugin of this.#plugins) await plugin.unmount?.(podDir(this.#roots, uid));
    const folder = await unmountPodDir(uid, this.#roots);
    if (folder === undefined) return;
    await this.#removeVolumes(folder);
    await removeTree(folder);
  }

  #forget(uid: string): void {
    this.#made.delete(uid);
    this.#stale.delete(uid);
    this.#retries.forget(uid);
  }

  /** Removes what volumes have on disk; nothing is mounted there. */
  async #removeVolumes(folder: string): Promise<void> {
    for (const { onDisk } of this.#plugins) {
      if (onDisk === undefined) continue;
      const volumes = pluginVolumesDir(folder, onDisk.directory);
      for (const name of await entries(volumes)) await onDisk.tearDown(join(volumes, name));
    }
  }

  async #make(pod: Pod, volume: Volume, signal: AbortSignal): Promise<PreparedVolume> {
    const { uid } = pod.metadata;
    try {
      const made = await this.#pluginOf(volume).setUp(pod, volume, signal);
      this.#retries.succeeded(uid, volume.name);
      return made;
    } catch (error) {
      if (error instanceof VolumeWait) {
        throw new VolumeError(error.message, Date.now() + error.retryMs, { cause: error });
      }
      const retryAt = this.#retries.failed(uid, volume.name, Date.now());
      const { reason, message } = failureOf(volume, error);
      if (!signal.aborted) this.#events.record(aboutPod(pod), 'Warning', reason, message);
      throw new VolumeError(message, retryAt, { cause: error });
    }
  }

  async #refresh(pod: Pod, volume: Volume, signal: AbortSignal): Promise<void> {
    const { uid } = pod.metadata;
    const plugin = this.#pluginOf(volume);
    if (!plugin.isLive) return;
    const stale = this.#stale.get(uid) ?? new Map<string, string>();
    this.#stale.set(uid, stale);
    try {
      await plugin.setUp(pod, volume, signal);
      stale.delete(volume.name);
    } catch (error) {
      const { reason, message } = failureOf(volume, error);
      if (stale.get(volume.name) !== message) {
        log.error(message, { pod: podKey(pod) });
        this.#events.record(aboutPod(pod), 'Warning', reason, message);
      }
      stale.set(volume.name, message);
    }
  }

  #madeOf(uid: string): Map<string, MadeVolume> {
    const made = this.#made.get(uid) ?? new Map<string, MadeVolume>();
    this.#made.set(uid, made);
    return made;
  }

  #pluginOf(volume: Volume): VolumePlugin {
    const plugin = this.#plugins.find(({ kind }) => volume[kind] !== undefined);
    if (plugin) return plugin;
    const kinds = this.#plugins.map(({ kind }) => kind);
    throw new Error(`this kubelet knows only these kinds of volumes: ${kinds.join(', ')}`);
  }
}

/** Those that a container has. Others are not made, and nothing that is wrong with them is noticed. */
function usedVolumes(pod: Pod): Volume[] {
  return (pod.spec.volumes ?? []).filter(({ name }) => {
    const { isMounted, isDevice } = volumeUses(pod, name);
    return isMounted || isDevice;
  });
}

/** The event of a volume that could not be made. */
function failureOf(volume: Volume, error: unknown): { reason: string; message: string } {
  if (error instanceof MapError) return { reason: error.reason, message: error.message };
  if (error instanceof VolumeRefusal) return { reason: 'FailedMount', message: refusal(volume, error) };
  const { step, volume: persistent } =
    error instanceof VolumeStepError ? error : { step: 'SetUp', volume: undefined };
  const message = `MountVolume.${step} failed for volume "${persistent ?? volume.name}" : ${rpcErrorText(error)}`;
  return { reason: 'FailedMount', message };
}

function refusal({ name }: Volume, { isProcessed, message }: VolumeRefusal): string {
  const state = `unattached volumes=[], failed to process volumes=[${isProcessed ? '' : name}]`;
  return `Unable to attach or mount volumes: unmounted volumes=[${name}], ${state}: ${message}`;
}
