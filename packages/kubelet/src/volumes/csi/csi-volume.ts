// A volume of a CSI driver, wherever its description comes from. Pure.
import { createHash } from 'node:crypto';
import { contextOption } from '@berth/linux/security/selinux-context.ts';
import type { CSIVolumeSource, PersistentVolume } from 'kubernetes-types/core/v1.d.ts';
import type { Pod } from '../../api/pod.ts';
import type { LifecycleMode } from './csi-driver-object.ts';

/** What containers get of a volume: its files, or its device. */
export type VolumeMode = 'Filesystem' | 'Block';

/** Names a Secret. */
export interface SecretName {
  namespace: string;
  name: string;
}

/** A volume of a CSI driver. */
export interface CsiVolume {
  /** The name of its folder in the pod's: the persistent volume's, or the volume's in the pod. */
  specName: string;
  driver: string;
  /** How the driver names it. */
  handle: string;
  mode: LifecycleMode;
  /** Whether it is a block device. */
  volumeMode: VolumeMode;
  fsType: string;
  attributes: Readonly<Record<string, string>>;
  isReadOnly: boolean;
  accessModes: readonly string[] | undefined;
  mountOptions: readonly string[];
  /** The SELinux label that all its files have by a mount option; '' for none. */
  label: string;
  stageSecret: SecretName | undefined;
  publishSecret: SecretName | undefined;
  expandSecret: SecretName | undefined;
}

/** A volume that a pod describes itself. */
export function inlineCsiVolume({ metadata }: Pod, name: string, source: CSIVolumeSource): CsiVolume {
  const { driver, fsType = '', volumeAttributes = {}, readOnly = false, nodePublishSecretRef } = source;
  const { namespace, uid } = metadata;
  const secret = nodePublishSecretRef?.name;
  return {
    specName: name,
    driver,
    handle: `csi-${sha256(`${uid}${name}`)}`,
    mode: 'Ephemeral',
    volumeMode: 'Filesystem',
    fsType,
    attributes: volumeAttributes,
    isReadOnly: readOnly,
    accessModes: undefined,
    mountOptions: [],
    label: '',
    stageSecret: undefined,
    publishSecret: secret ? { namespace, name: secret } : undefined,
    expandSecret: undefined,
  };
}

/** A persistent volume; undefined when that is not CSI's. */
export function persistentCsiVolume(
  { metadata, spec }: PersistentVolume,
  isReadOnly: boolean,
): CsiVolume | undefined {
  const { csi, accessModes, mountOptions = [] } = spec ?? {};
  if (!csi) return undefined;
  return {
    specName: metadata?.name ?? '',
    driver: csi.driver,
    handle: csi.volumeHandle,
    mode: 'Persistent',
    volumeMode: spec?.volumeMode === 'Block' ? 'Block' : 'Filesystem',
    fsType: csi.fsType ?? '',
    attributes: csi.volumeAttributes ?? {},
    isReadOnly,
    accessModes,
    mountOptions,
    label: '',
    stageSecret: secretName(csi.nodeStageSecretRef),
    publishSecret: secretName(csi.nodePublishSecretRef),
    expandSecret: secretName(csi.nodeExpandSecretRef),
  };
}

/** The volume, to be mounted with a label; '' for none. */
export function withLabel(volume: CsiVolume, label: string): CsiVolume {
  if (label === '') return volume;
  return { ...volume, label, mountOptions: [...volume.mountOptions, contextOption(label)] };
}

function secretName(ref: { name?: string; namespace?: string } | undefined): SecretName | undefined {
  return ref?.name && ref.namespace ? { namespace: ref.namespace, name: ref.name } : undefined;
}

/** What drivers are told of the pod for which they publish a volume. */
export function podAttributes({ metadata, spec }: Pod, mode: LifecycleMode): Record<string, string> {
  return {
    'csi.storage.k8s.io/pod.name': metadata.name,
    'csi.storage.k8s.io/pod.namespace': metadata.namespace,
    'csi.storage.k8s.io/pod.uid': metadata.uid,
    'csi.storage.k8s.io/serviceAccount.name': spec.serviceAccountName ?? '',
    'csi.storage.k8s.io/ephemeral': String(mode === 'Ephemeral'),
  };
}

/** The name of the VolumeAttachment for a volume on a node. */
export function attachmentName(volume: Pick<CsiVolume, 'handle' | 'driver'>, nodeName: string): string {
  return `csi-${sha256(`${volume.handle}${volume.driver}${nodeName}`)}`;
}

/** The name of the volume in the status of a node. */
export function volumeInNodeStatus({ driver, handle }: Pick<CsiVolume, 'handle' | 'driver'>): string {
  return `kubernetes.io/csi/${driver}^${handle}`;
}

/** The name of a driver's volumes in metrics. */
export function pluginOf(driver: string): string {
  return `kubernetes.io/csi:${driver}`;
}

/** The digest in hexadecimal digits, as paths and names have it. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
