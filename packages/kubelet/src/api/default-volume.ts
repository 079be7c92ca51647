// The API server's defaults of volumes, also of kinds that this kubelet does not mount: they are part of a pod's identity.
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import { defaultFieldRef, defaultPullPolicy } from './default-parts.ts';
import type { DownwardFile, Volume, VolumeProjection } from './pod.ts';

/** Mode of the files that the kubelet writes to a volume. */
const defaultFileMode = 0o644;

/** A volume with the API's defaults. One without a source is an emptyDir. */
export function defaultVolume(volume: Volume): Volume {
  if (Object.keys(volume).every((key) => key === 'name')) return { ...volume, emptyDir: {} };
  const { hostPath, configMap, secret, downwardAPI, projected, image } = volume;
  const { azureDisk, ephemeral, iscsi, rbd, scaleIO } = volume;
  return {
    ...volume,
    ...(hostPath && { hostPath: { ...hostPath, type: hostPath.type ?? '' } }),
    ...(configMap && { configMap: withFileMode(configMap) }),
    ...(secret && { secret: withFileMode(secret) }),
    ...(downwardAPI && { downwardAPI: withFileMode(defaultFiles(downwardAPI)) }),
    ...(projected && {
      projected: withFileMode({
        ...projected,
        ...(projected.sources && { sources: projected.sources.map(defaultProjection) }),
      }),
    }),
    ...(image && {
      image: { ...image, pullPolicy: image.pullPolicy || defaultPullPolicy(image.reference ?? '') },
    }),
    ...(ephemeral?.volumeClaimTemplate && {
      ephemeral: { ...ephemeral, volumeClaimTemplate: defaultClaim(ephemeral.volumeClaimTemplate) },
    }),
    ...(azureDisk && { azureDisk: { ...azureDiskDefaults, ...azureDisk } }),
    ...(iscsi && { iscsi: { ...iscsi, iscsiInterface: iscsi.iscsiInterface || 'default' } }),
    ...(rbd && {
      rbd: {
        ...rbd,
        pool: rbd.pool || 'rbd',
        user: rbd.user || 'admin',
        keyring: rbd.keyring || '/etc/ceph/keyring',
      },
    }),
    ...(scaleIO && {
      scaleIO: {
        ...scaleIO,
        storageMode: scaleIO.storageMode || 'ThinProvisioned',
        fsType: scaleIO.fsType || 'xfs',
      },
    }),
  };
}

const azureDiskDefaults = {
  cachingMode: 'ReadWrite',
  fsType: 'ext4',
  readOnly: false,
  kind: 'Shared',
} as const;

function withFileMode<Source extends { defaultMode?: number }>(source: Source): Source {
  return { ...source, defaultMode: source.defaultMode ?? defaultFileMode };
}

function defaultFiles<Source extends { items?: DownwardFile[] }>(source: Source): Source {
  return source.items ? { ...source, items: source.items.map(defaultFieldRef<DownwardFile>) } : source;
}

/** How long a token is valid that names no time, in seconds. */
const defaultExpiration = 3600;

function defaultProjection(source: VolumeProjection): VolumeProjection {
  const { downwardAPI, serviceAccountToken: token } = source;
  return {
    ...source,
    ...(downwardAPI && { downwardAPI: defaultFiles(downwardAPI) }),
    ...(token && {
      serviceAccountToken: { ...token, expirationSeconds: token.expirationSeconds ?? defaultExpiration },
    }),
  };
}

function defaultClaim(template: v1.PersistentVolumeClaimTemplate): v1.PersistentVolumeClaimTemplate {
  const { spec } = template;
  return { ...template, spec: { ...spec, volumeMode: spec.volumeMode ?? 'Filesystem' } };
}
