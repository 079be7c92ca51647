// Mounts a persistent volume for a pod, by its kind.
import { messageOf } from '@berth/common/error-message.ts';
import type { PersistentVolume } from 'kubernetes-types/core/v1.d.ts';
import type { Pod } from '../../api/pod.ts';
import type { ApiClient } from '../../apiserver/api-client.ts';
import type { VolumeRecorder } from '../../events/event.ts';
import type { Node } from '../../node/status/node-object.ts';
import type { volumePath } from '../../paths/pod-paths.ts';
import { wholeFs } from '../../stats/file-stats.ts';
import { fileSystemOf } from '../../stats/node-readings.ts';
import type { FsStats } from '../../stats/stats-api.ts';
import { persistentCsiVolume } from '../csi/csi-volume.ts';
import type { CsiVolumes } from '../csi/csi-volumes.ts';
import { persistentMountOptions } from '../disk-options.ts';
import type { IscsiVolumes } from '../iscsi/iscsi-volumes.ts';
import { persistentIscsiVolume } from '../iscsi/persistent-iscsi.ts';
import type { DeviceVolume, NodeVolume } from '../plugin.ts';
import { checkHostPath } from '../plugins/host-path.ts';
import { mountNfs } from '../plugins/nfs.ts';
import { accessModeOf } from '../selinux/asked-label.ts';
import { type LabelPorts, type LabelRequest, requestLabel } from '../selinux/request-label.ts';
import { isFilesystemMismatch, mountingPersistent, VolumeStepError } from '../volume-error.ts';
import type { LocalVolumes } from './local-volumes.ts';
import { affinityProblem } from './volume-affinity.ts';

/** A persistent volume that a pod has. */
export interface PersistentForPod {
  prepared: NodeVolume | DeviceVolume;
  /** By which its driver knows it. */
  path: string;
  /** How full it is; undefined: nobody can say. */
  measure(): Promise<FsStats | undefined>;
}

/** What mounts of persistent volumes need. */
export interface MountPersistentPorts extends LabelPorts {
  roots: Parameters<typeof volumePath>[0];
  client: Pick<ApiClient, 'get'>;
  csi: Pick<CsiVolumes, 'mount' | 'stats'>;
  iscsi: Pick<IscsiVolumes, 'mount'>;
  local: Pick<LocalVolumes, 'mount'>;
  node(): Node | undefined;
  events: VolumeRecorder;
}

/** How it is mounted. */
export interface MountOptions {
  /** The volume's name in the pod. */
  volume: string;
  isReadOnly: boolean;
  /** Whether the pod has it already, and its driver is to renew what is in it. */
  isRepeated: boolean;
  /** Aborted when the pod must end. */
  signal: AbortSignal;
}

/** Mounts it. Throws a VolumeStepError that names the step, a VolumeRefusal or VolumeWait. */
export async function mountPersistent(
  ports: MountPersistentPorts,
  pod: Pod,
  persistent: PersistentVolume,
  options: MountOptions,
): Promise<PersistentForPod> {
  const name = persistent.metadata?.name ?? '';
  const label = requestLabel(ports, pod, options.volume, accessModeOf(persistent));
  const problem = affinityProblem(persistent, ports.node()?.metadata.labels ?? {});
  if (problem !== undefined) throw new VolumeStepError('NodeAffinity check', problem, name);
  const { prepared, path } = await mountingPersistent(name, () =>
    mount(ports, pod, persistent, { ...options, label }),
  ).catch((error: unknown) => {
    if (isFilesystemMismatch(error)) tellMismatch(ports.events, persistent, messageOf(error));
    throw error;
  });
  const volume = persistentCsiVolume(persistent, options.isReadOnly);
  const { local, nfs, iscsi } = persistent.spec ?? {};
  return {
    prepared,
    path,
    measure: async () => {
      if (volume) return await ports.csi.stats(volume, path);
      return local || nfs || iscsi ? wholeFs(await fileSystemOf(path)) : undefined;
    },
  };
}

/** Whoever made the volume is to know of it, who may not see the pod. */
function tellMismatch(events: VolumeRecorder, { metadata = {} }: PersistentVolume, problem: string): void {
  const message = `MountVolume failed for volume "${metadata.name}" ${problem}`;
  events.recordOfVolume(metadata, 'Warning', 'FailedMountOnFilesystemMismatch', message);
}

async function mount(
  { roots, client, csi, iscsi, local }: MountPersistentPorts,
  pod: Pod,
  persistent: PersistentVolume,
  { isReadOnly, isRepeated, signal, label }: MountOptions & { label: LabelRequest },
): Promise<Pick<PersistentForPod, 'prepared' | 'path'>> {
  const { metadata, spec } = persistent;
  const name = metadata?.name ?? '';
  const csiVolume = persistentCsiVolume(persistent, isReadOnly);
  if (csiVolume) return await csi.mount(pod, csiVolume, { isRepeated, label });
  const iscsiVolume = persistentIscsiVolume(client, pod, persistent, isReadOnly);
  if (iscsiVolume) return atPath(await iscsi.mount(pod, { ...iscsiVolume, label }, signal));
  const mountOptions = persistentMountOptions(persistent);
  if (spec?.local) {
    const { path, fsType = 'ext4' } = spec.local;
    return atPath(await local.mount(pod, { name, path, fsType, mountOptions, isReadOnly }, signal));
  }
  if (spec?.hostPath) {
    await checkHostPath(spec.hostPath);
    return atPath({ from: 'node', path: spec.hostPath.path, isReadOnly, isRelabelled: false });
  }
  if (spec?.nfs) {
    const { server, path, readOnly = false } = spec.nfs;
    const share = { name, server, path, isReadOnly: isReadOnly || readOnly, mountOptions };
    return atPath(await mountNfs({ roots }, pod, share, signal));
  }
  throw new Error(
    `no volume plugin matched: PersistentVolume ${name} is neither csi, iscsi, local, hostPath nor nfs`,
  );
}

function atPath(prepared: NodeVolume): { prepared: NodeVolume; path: string } {
  return { prepared, path: prepared.path };
}
