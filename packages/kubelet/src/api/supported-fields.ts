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
  'HTTPGetAction.protocol': 'the feature gate H2CContainerProbe is off: the probe uses HTTP/1.1',
  'ObjectMeta.deletionGracePeriodSeconds': noApiServer,
  'ObjectMeta.finalizers': noApiServer,
  'ObjectMeta.generateName': noApiServer,
  'PodSecurityContext.windowsOptions': notWindows,
  'SecurityContext.windowsOptions': notWindows,
  'PodSpec.evictionResponders': noApiServer,
  'PodSpec.runtimeClassName':
    "there is no API server that knows runtime classes: the runtime's default handler is used",
};

/** By type of the Pod schema, the fields that this kubelet does not act on yet. It acts on all others. */
const unsupported: Readonly<Record<string, ReadonlySet<string>>> = {
  ObjectMeta: new Set(['deletionTimestamp', ...ignoredFields('ObjectMeta')]),
  PodSpec: new Set([
    'hostUsers',
    'hostnameOverride',
    'imagePullSecrets',
    'overhead',
    'resourceClaims',
    'resources',
    'schedulingGates',
    'serviceAccount',
    'serviceAccountName',
    ...ignoredFields('PodSpec'),
  ]),
  PodSecurityContext: new Set(['appArmorProfile', ...ignoredFields('PodSecurityContext')]),
  Container: new Set(['envFrom', 'livenessProbe', 'readinessProbe', 'startupProbe', 'volumeDevices']),
  HTTPGetAction: new Set(ignoredFields('HTTPGetAction')),
  EnvVarSource: new Set(['configMapKeyRef', 'fileKeyRef', 'secretKeyRef']),
  ResourceRequirements: new Set(['claims']),
  SecurityContext: new Set(['appArmorProfile', 'procMount', ...ignoredFields('SecurityContext')]),
  Volume: new Set([
    'awsElasticBlockStore',
    'azureDisk',
    'azureFile',
    'cephfs',
    'cinder',
    'configMap',
    'csi',
    'downwardAPI',
    'ephemeral',
    'fc',
    'flexVolume',
    'flocker',
    'gcePersistentDisk',
    'gitRepo',
    'glusterfs',
    'image',
    'iscsi',
    'nfs',
    'persistentVolumeClaim',
    'photonPersistentDisk',
    'portworxVolume',
    'projected',
    'quobyte',
    'rbd',
    'scaleIO',
    'secret',
    'storageos',
    'vsphereVolume',
  ]),
  VolumeMount: new Set(['recursiveReadOnly']),
};

/** Fields whose given value equals an unset field. */
const harmless: Readonly<Record<string, unknown>> = {
  'HTTPGetAction.protocol': 'HTTP1',
  'PodSecurityContext.appArmorProfile': { type: 'Unconfined' },
  'SecurityContext.appArmorProfile': { type: 'Unconfined' },
  'PodSpec.overhead': {},
  'PodSpec.resources': {},
  'PodSpec.hostUsers': true,
  'SecurityContext.procMount': 'Default',
  'VolumeMount.recursiveReadOnly': 'Disabled',
};

/** Values that let a node do without. */
const degraded: Readonly<Record<string, string>> = {
  'VolumeMount.recursiveReadOnly=IfPossible':
    'this kubelet does not ask for it yet: mounts below stay writable',
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
      const reason = withoutEffect[`${type}.${name}`] ?? degraded[`${type}.${name}=${entry}`];
      errors.push(
        reason === undefined
          ? forbidden(join(path, name), 'not supported by this kubelet yet')
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
