// Volumes that outlive or accompany pods by the API server's objects: claims with persistent volumes behind them, claims that
// are made for one pod, and volumes of CSI drivers that a pod describes itself.
import { basename } from 'node:path';
import { removeTree } from '@berth/linux/files/remove-tree.ts';
import type { PersistentVolume } from 'kubernetes-types/core/v1.d.ts';
import type { Pod, Volume } from '../../api/pod.ts';
import { volumeUses } from '../../api/volume-uses.ts';
import type { ApiClient } from '../../apiserver/api-client.ts';
import type { Recorder } from '../../events/event.ts';
import type { Node } from '../../node/status/node-object.ts';
import { pluginDirs, type volumePath } from '../../paths/pod-paths.ts';
import { wholeFs } from '../../stats/file-stats.ts';
import { fileSystemOf } from '../../stats/node-readings.ts';
import type { FsStats } from '../../stats/stats-api.ts';
import { inlineCsiVolume, persistentCsiVolume } from '../csi/csi-volume.ts';
import type { CsiVolumes } from '../csi/csi-volumes.ts';
import type { IscsiVolumes } from '../iscsi/iscsi-volumes.ts';
import { persistentIscsiVolume } from '../iscsi/persistent-iscsi.ts';
import type { PreparedVolume, VolumePlugin } from '../plugin.ts';
import { checkHostPath } from '../plugins/host-path.ts';
import { mountNfs } from '../plugins/nfs.ts';
import { VolumeWait } from '../volume-error.ts';
import { checkVolumeMode, claimOf } from './claim-checks.ts';
import { expandClaim } from './claim-expander.ts';
import { resolveClaim } from './claims.ts';
import { mountLocal } from './local-volume.ts';
import type { MountedVolumes } from './mounted-volumes.ts';
import { checkVolumeAffinity } from './volume-affinity.ts';

/** How often a claim is looked at while the pod runs. */
const lookMs = 60_000;
/** How soon a claim is looked for again that cannot be used yet. */
const retryMs = 1000;

/** The parameters of these plugins. */
export interface StoragePluginsPorts {
  roots: Parameters<typeof volumePath>[0];
  client: Pick<ApiClient, 'get' | 'patch'>;
  csi: CsiVolumes;
  iscsi: Pick<IscsiVolumes, 'mount'>;
  node(): Node | undefined;
  mounted: MountedVolumes;
  events: Recorder;
}

/** What a pod has of a volume. */
interface Made {
  prepared: PreparedVolume;
  /** The driver, if it is CSI's. */
  driver: string | undefined;
  lookedAt: number;
}

/** The plugins. */
export function storagePlugins(ports: StoragePluginsPorts): VolumePlugin[] {
  const { csi, mounted } = ports;
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
    isForUse: true,
    setUp: async (pod, { name, csi: source }) => {
      if (!source) throw new Error('the volume is no csi');
      const made = madeOf(pod.metadata.uid);
      const former = made.get(name);
      if (former && !(await csi.isRepublished(source.driver))) return former.prepared;
      const volume = inlineCsiVolume(pod, name, source);
      const prepared = await csi.mount(pod, volume, former !== undefined);
      const measure = (): Promise<FsStats | undefined> => csi.stats(volume, pathOf(prepared));
      mounted.add({ uid: pod.metadata.uid, name, claim: undefined, measure });
      made.set(name, { prepared, driver: source.driver, lookedAt: Date.now() });
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
    isForUse: true,
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
    { ...claim('persistentVolumeClaim'), onDisk: { directory: pluginDirs.local, tearDown: removeTree } },
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
  const driver = resolved.volume.spec?.csi?.driver;
  const isRepublished = driver !== undefined && (await ports.csi.isRepublished(driver));
  const prepared =
    former && !isRepublished
      ? former.prepared
      : await mountPersistent(
          ports,
          { pod, volume: volume.name, persistent: resolved.volume, isReadOnly: ref.isReadOnly },
          { isRepeated: former !== undefined, signal },
        );
  const csiVolume = persistentCsiVolume(resolved.volume, ref.isReadOnly);
  if (csiVolume && !ref.isReadOnly) {
    await expandClaim(ports, pod, resolved, { volume: csiVolume, path: pathOf(prepared) });
  }
  ports.mounted.add({
    uid: pod.metadata.uid,
    name: volume.name,
    claim: { name: ref.claimName, namespace: pod.metadata.namespace },
    measure: async () => {
      if (csiVolume) return await ports.csi.stats(csiVolume, pathOf(prepared));
      const { local, nfs, iscsi } = resolved.volume.spec ?? {};
      return local || nfs || iscsi ? wholeFs(await fileSystemOf(pathOf(prepared))) : undefined;
    },
  });
  return { prepared, driver, lookedAt: Date.now() };
}

function pathOf(prepared: PreparedVolume): string {
  if (prepared.from !== 'node') throw new Error('the volume has no path on this node');
  return prepared.path;
}

/** A persistent volume for a pod. */
interface PersistentMount {
  pod: Pod;
  /** The name of the pod's volume. */
  volume: string;
  persistent: PersistentVolume;
  isReadOnly: boolean;
}

/** Mounts by the kind of the persistent volume. */
async function mountPersistent(
  { roots, client, csi, iscsi, node }: StoragePluginsPorts,
  { pod, volume, persistent, isReadOnly }: PersistentMount,
  { isRepeated, signal }: { isRepeated: boolean; signal: AbortSignal },
): Promise<PreparedVolume> {
  const { metadata, spec } = persistent;
  const name = metadata?.name ?? '';
  checkVolumeMode(volume, persistent, volumeUses(pod, volume));
  checkVolumeAffinity(persistent, node()?.metadata.labels ?? {});
  const csiVolume = persistentCsiVolume(persistent, isReadOnly);
  if (csiVolume) return await csi.mount(pod, csiVolume, isRepeated);
  const iscsiVolume = persistentIscsiVolume(client, pod, persistent, isReadOnly);
  if (iscsiVolume) return await iscsi.mount(pod, iscsiVolume, signal);
  if (spec?.local) return await mountLocal(roots, pod, { name, path: spec.local.path, isReadOnly });
  if (spec?.hostPath) {
    await checkHostPath(spec.hostPath);
    return { from: 'node', path: spec.hostPath.path, isReadOnly, isRelabelled: false };
  }
  if (spec?.nfs) {
    const { server, path, readOnly = false } = spec.nfs;
    const { mountOptions = [] } = spec;
    const share = { name, server, path, isReadOnly: isReadOnly || readOnly, mountOptions };
    return await mountNfs({ roots }, pod, share, signal);
  }
  throw new Error(
    `no volume plugin matched: PersistentVolume ${name} is neither csi, iscsi, local, hostPath nor nfs`,
  );
}
