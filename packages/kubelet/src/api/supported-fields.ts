// Which fields of a Pod take effect in this kubelet. Any other field is refused by name, so that no manifest runs with
// half of its settings, unless the real kubelet also ignores the field on a standalone node.

import { isDeepStrictEqual } from 'node:util';
import { isObject } from '@berth/common/json/is-object.ts';
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import { type FieldError, forbidden, ignored, join } from './field-error.ts';
import { fieldsOf } from './pod-shape.ts';

const noApiServer = 'there is no API server that would act on it';
const notWindows = 'this node runs Linux';

/** Fields that the real kubelet also accepts and ignores on a standalone node, and why. */
const withoutEffect: Readonly<Record<string, string>> = {
  'GRPCAction.mode': 'the feature gate GRPCContainerProbeTLS is off: the probe uses no TLS',
  'HTTPGetAction.protocol': 'the feature gate H2CContainerProbe is off: the probe uses HTTP/1.1',
  'ObjectMeta.deletionGracePeriodSeconds': noApiServer,
  'ObjectMeta.finalizers': noApiServer,
  'ObjectMeta.generateName': noApiServer,
  'PodSecurityContext.windowsOptions': notWindows,
  'SecurityContext.windowsOptions': notWindows,
  'PodSpec.evictionResponders': noApiServer,
};

/** By type of the Pod schema, the fields that this kubelet does not act on yet. It acts on all others. */
const unsupported: Readonly<Record<string, ReadonlySet<string>>> = {
  ObjectMeta: new Set(['deletionTimestamp', ...ignoredFields('ObjectMeta')]),
  PodSpec: new Set(['resourceClaims', 'serviceAccount', 'serviceAccountName', ...ignoredFields('PodSpec')]),
  PodSecurityContext: new Set(ignoredFields('PodSecurityContext')),
  Container: new Set(['volumeDevices']),
  GRPCAction: new Set(ignoredFields('GRPCAction')),
  HTTPGetAction: new Set(ignoredFields('HTTPGetAction')),
  ResourceRequirements: new Set(['claims']),
  SecurityContext: new Set(ignoredFields('SecurityContext')),
  Volume: new Set([
    'awsElasticBlockStore',
    'azureDisk',
    'azureFile',
    'cephfs',
    'cinder',
    'csi',
    'ephemeral',
    'fc',
    'flocker',
    'gcePersistentDisk',
    'gitRepo',
    'glusterfs',
    'persistentVolumeClaim',
    'photonPersistentDisk',
    'portworxVolume',
    'quobyte',
    'rbd',
    'scaleIO',
    'storageos',
    'vsphereVolume',
  ]),
  VolumeProjection: new Set(['clusterTrustBundle', 'podCertificate', 'serviceAccountToken']),
};

const needsApiServer = 'it needs an API server, and this kubelet has none';
const isGone = 'Kubernetes has removed this kind of volume';
const isMigrated = 'Kubernetes has only a CSI driver for it, which needs an API server';

/** Fields that are not supported for good, and why. */
const refusals: Readonly<Record<string, string>> = {
  'Container.volumeDevices':
    'only a persistentVolumeClaim can be a block device, and that needs an API server',
  // The real kubelet's words.
  'PodSpec.resourceClaims': 'static pods may not reference resourceclaims',
  'PodSpec.serviceAccount': 'static pods may not reference serviceaccounts',
  'PodSpec.serviceAccountName': 'static pods may not reference serviceaccounts',
  'ResourceRequirements.claims': 'static pods may not reference resourceclaims',
  'Volume.awsElasticBlockStore': isMigrated,
  'Volume.azureDisk': isMigrated,
  'Volume.azureFile': isMigrated,
  'Volume.cephfs': isGone,
  'Volume.cinder': isMigrated,
  'Volume.csi': needsApiServer,
  'Volume.ephemeral': needsApiServer,
  'Volume.flocker': isGone,
  'Volume.gcePersistentDisk': isMigrated,
  'Volume.gitRepo':
    'Kubernetes has disabled this kind of volume; let an init container clone into an emptyDir',
  'Volume.glusterfs': isGone,
  'Volume.persistentVolumeClaim': needsApiServer,
  'Volume.photonPersistentDisk': isGone,
  'Volume.portworxVolume': isMigrated,
  'Volume.quobyte': isGone,
  'Volume.rbd': isGone,
  'Volume.scaleIO': isGone,
  'Volume.storageos': isGone,
  'Volume.vsphereVolume': isMigrated,
  'VolumeProjection.clusterTrustBundle': needsApiServer,
  'VolumeProjection.podCertificate': needsApiServer,
  'VolumeProjection.serviceAccountToken': needsApiServer,
};

/** Fields whose given value equals an unset field. */
const harmless: Readonly<Record<string, unknown>> = {
  'GRPCAction.mode': 'Plaintext',
  'HTTPGetAction.protocol': 'HTTP1',
};

/** An error for each field of the pod that has no effect in this kubelet. */
export function unsupportedFields(pod: v1.Pod): FieldError[] {
  const errors: FieldError[] = [];
  visit('Pod', pod, '', errors);
  return errors;
}

function visit(type: string, value: unknown, path: string, errors: FieldError[]): void {
  if (Array.isArray(value)) {
    const element = type.replace('[]', '');
    value.forEach((entry: unknown, index) => void visit(element, entry, `${path}[${index}]`, errors));
    return;
  }
  const fields = fieldsOf(type);
  if (!fields || !isObject(value)) return;
  for (const [name, entry] of Object.entries(value)) {
    // What holds for a container holds for an ephemeral one.
    if (!unsupported[type.replace('EphemeralContainer', 'Container')]?.has(name))
      visit((fields[name] ?? '').replace('!', ''), entry, join(path, name), errors);
    else if (!isUnset(entry) && !isHarmless(`${type}.${name}`, entry)) {
      const reason = withoutEffect[`${type}.${name}`];
      errors.push(
        reason === undefined
          ? forbidden(join(path, name), refusals[`${type}.${name}`] ?? 'not supported by this kubelet yet')
          : ignored(join(path, name), reason),
      );
    }
  }
}

/** Whether a value equals an unset field: an empty string, or a list of only empty objects. */
function isUnset(value: unknown): boolean {
  if (Array.isArray(value)) return value.every((entry: unknown) => isDeepStrictEqual(entry, {}));
  return value === '';
}

function isHarmless(field: string, value: unknown): boolean {
  return Object.hasOwn(harmless, field) && isDeepStrictEqual(harmless[field], value);
}

/** The fields of a type in `withoutEffect`. */
function ignoredFields(type: string): string[] {
  return Object.keys(withoutEffect)
    .filter((field) => field.startsWith(`${type}.`))
    .map((field) => field.slice(type.length + 1));
}
