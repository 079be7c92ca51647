// Volumes that outlive or accompany pods by the API server's objects: claims with persistent volumes behind them, claims that
// are made for one pod, and volumes of CSI drivers that a pod describes itself.
import { basename, dirname } from 'node:path';
import { removeTree } from '@berth/linux/files/remove-tree.ts';
import type { PersistentVolume } from 'kubernetes-types/core/v1.d.ts';
import type { Pod, Volume } from '../../api/pod.ts';
import { volumeUses } from '../../api/volume-uses.ts';
import type { ApiClient } from '../../apiserver/api-client.ts';
import type { Recorder, VolumeRecorder } from '../../events/event.ts';
import type { VolumeMetrics } from '../../metrics/volume-metrics.ts';
import type { Node } from '../../node/status/node-object.ts';
import { pluginDirs, type volumePath } from '../../paths/pod-paths.ts';
import type { FsStats } from '../../stats/stats-api.ts';
import { inlineCsiVolume, persistentCsiVolume } from '../csi/csi-volume.ts';
import type { CsiVolumes } from '../csi/csi-volumes.ts';
import type { IscsiVolumes } from '../iscsi/iscsi-volumes.ts';
import type { VolumePlugin } from '../plugin.ts';
import { inline as inlineMode } from '../selinux/asked-label.ts';
import { type LabelPorts, requestLabel } from '../selinux/request-label.ts';
import { VolumeWait } from '../volume-error.ts';
import { namedGroup } from '../volume-groups.ts';
import { checkVolumeMode, claimOf } from './claim-checks.ts';
import { expandClaim } from './claim-expander.ts';
import { resolveClaim } from './claims.ts';
import { unmapLocalDevices } from './local-device.ts';
import type { LocalVolumes } from './local-volumes.ts';
import { mapPersistent } from './map-persistent.ts';
import { type MountOptions, mountPersistent, type PersistentForPod } from './mount-persistent.ts';
import type { MountedVolumes } from './mounted-volumes.ts';

/** How often a claim is looked at while the pod runs. */
const lookMs = 60_000;
/** How soon a claim is looked for again that cannot be used yet. */
const retryMs = 1000;

/** The parameters of these plugins. */
export interface StoragePluginsPorts extends LabelPorts {
  roots: Parameters<typeof volumePath>[0];
  client: Pick<ApiClient, 'get' | 'patch'>;
  csi: CsiVolumes;
  iscsi: Pick<IscsiVolumes, 'mount'>;
  local: Pick<LocalVolumes, 'mount' | 'release'>;
  node(): Node | undefined;
  mounted: MountedVolumes;
  metrics: Pick<VolumeMetrics, 'operation' | 'selinux'>;
  events: Recorder & VolumeRecorder;
}

/** What a pod has of a volume. */
interface Made extends PersistentForPod {
  /** The driver, if it is CSI's. */
  driver: string | undefined;
  lookedAt: number;
}

/** The plugins. */
export function storagePlugins(ports: StoragePluginsPorts): VolumePlugin[] {
  const { csi, local, mounted } = ports;
  /** By pod and volume. */
  const known = new Map<string, Map<string, Made>>();
  const madeOf = (uid: string): Map<string, Made> => {
    const made = known.get(uid) ?? new Map<string, Made>();
    known.set(uid, made);
    return made;
  };
  const inline: VolumePlugin = {
    kind: 'csi',
    isLive: true,
    setUp: async (pod, { name, csi: source }) => {
      if (!source) throw new Error('the volume is no csi');
      const made = madeOf(pod.metadata.uid);
      const former = made.get(name);
      if (former && !(await csi.isRepublished(source.driver))) return former.prepared;
      const volume = inlineCsiVolume(pod, name, source);
      const label = requestLabel(ports, pod, name, inlineMode);
      const { prepared, path } = await csi.mount(pod, volume, { isRepeated: former !== undefined, label });
      const measure = (): Promise<FsStats | undefined> => csi.stats(volume, path);
      mounted.add({ uid: pod.metadata.uid, name, claim: undefined, measure });
      made.set(name, { prepared, path, measure, driver: source.driver, lookedAt: Date.now() });
      return prepared;
    },
    unmount: async (podFolder) => {
      const uid = basename(podFolder);
      mounted.forget(uid);
      await csi.unmount(uid);
      known.delete(uid);
    },
  };
  const claim = (kind: 'persistentVolumeClaim' | 'ephemeral'): VolumePlugin => ({
    kind,
    isLive: true,
    setUp: async (pod, volume, signal) => {
      const made = madeOf(pod.metadata.uid);
      const former = made.get(volume.name);
      if (former) {
        const isDue = Date.now() - former.lookedAt >= lookMs;
        const isRepublished = former.driver !== undefined && (await csi.isRepublished(former.driver));
        if (!isDue && !isRepublished) return former.prepared;
      }
      const current = await mountClaim(ports, pod, volume, { former, signal });
      made.set(volume.name, current);
      return current.prepared;
    },
  });
  return [
    inline,
    {
      ...claim('persistentVolumeClaim'),
      unmount: async (podFolder) => {
        const uid = basename(podFolder);
        await unmapLocalDevices(ports, uid);
        // A volume that was never mounted for the pod has nothing in its folder.
        local.release(uid);
      },
      onDisk: {
        directory: pluginDirs.local,
        tearDown: async (path) => {
          await removeTree(path);
          local.release(basename(dirname(dirname(dirname(path)))));
        },
      },
    },
    claim('ephemeral'),
  ];
}

async function mountClaim(
  ports: StoragePluginsPorts,
  pod: Pod,
  volume: Volume,
  { former, signal }: { former: Made | undefined; signal: AbortSignal },
): Promise<Made> {
  const ref = claimOf(pod, volume);
  if (!ref) throw new Error('the volume refers to no claim');
  const resolved = await resolveClaim(ports.client, pod, ref).catch((error: unknown) => {
    throw former ? error : new VolumeWait(error instanceof Error ? error.message : String(error), retryMs);
  });
  const persistent = resolved.volume;
  const driver = persistent.spec?.csi?.driver;
  const isRepublished = driver !== undefined && (await ports.csi.isRepublished(driver));
  const { isReadOnly } = ref;
  const options = { volume: volume.name, isReadOnly, isRepeated: former !== undefined, signal };
  const made =
    former && !isRepublished ? former : await makePersistent(ports, pod, volume, persistent, options);
  const csiVolume = persistentCsiVolume(persistent, isReadOnly);
  if (csiVolume && !isReadOnly) {
    await expandClaim(ports, pod, resolved, { volume: csiVolume, path: made.path });
  }
  ports.mounted.add({
    uid: pod.metadata.uid,
    name: volume.name,
    claim: { name: ref.claimName, namespace: pod.metadata.namespace },
    measure: made.measure,
  });
  return { ...made, driver, lookedAt: Date.now() };
}

/** Mounts the persistent volume, or maps its device. */
async function makePersistent(
  ports: StoragePluginsPorts,
  pod: Pod,
  volume: Volume,
  persistent: PersistentVolume,
  options: MountOptions,
): Promise<PersistentForPod> {
  checkVolumeMode(volume.name, persistent, volumeUses(pod, volume.name));
  const made =
    persistent.spec?.volumeMode === 'Block'
      ? await mapPersistent(ports, pod, persistent, options)
      : await mountPersistent(ports, pod, persistent, options);
  const group = namedGroup(persistent);
  return group === undefined ? made : { ...made, prepared: { ...made.prepared, group } };
}
