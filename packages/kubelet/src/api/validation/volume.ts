// The rules for volumes.

import { parseQuantity } from '@berth/common/quantity.ts';
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import {
  check,
  duplicate,
  type FieldError,
  forbidden,
  ignored,
  invalid,
  oneOf,
  required,
} from '../field-error.ts';
import { dnsLabel, noBacksteps } from '../names.ts';
import type { EmptyDirVolumeSource, ImageVolumeSource, Volume } from '../pod.ts';
import { validateDownwardFiles, validateProjected } from './projection.ts';
import { validateFileDefaults, validateObjectVolume } from './volume-files.ts';
import { validateIscsi } from './volume-iscsi.ts';

const hostPathTypes = [
  'BlockDevice',
  'CharDevice',
  'Directory',
  'DirectoryOrCreate',
  'File',
  'FileOrCreate',
  'Socket',
];

/** What is wrong with the pod's volumes. */
export function validateVolumes(spec: v1.PodSpec): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  (spec.volumes ?? []).forEach((volume: Volume, index) => {
    const path = `spec.volumes[${index}]`;
    if (!volume.name) errors.push(required(`${path}.name`));
    else check(errors, `${path}.name`, volume.name, dnsLabel);
    if (names.has(volume.name)) errors.push(duplicate(`${path}.name`, volume.name));
    names.add(volume.name);
    const [, ...others] = Object.keys(volume).filter((key) => key !== 'name');
    for (const other of others)
      errors.push(forbidden(`${path}.${other}`, 'may not specify more than 1 volume type'));
    errors.push(...validateSource(volume, path, spec));
  });
  return errors;
}

function validateSource(volume: Volume, path: string, spec: v1.PodSpec): FieldError[] {
  const { configMap, downwardAPI, emptyDir, flexVolume, hostPath, image, iscsi, nfs, projected, secret } =
    volume;
  if (emptyDir) return validateEmptyDir(emptyDir, `${path}.emptyDir`);
  if (hostPath) return validateHostPath(hostPath, `${path}.hostPath`);
  if (configMap) return validateObjectVolume(configMap, `${path}.configMap`, 'name', configMap.name);
  if (secret) return validateObjectVolume(secret, `${path}.secret`, 'secretName', secret.secretName);
  if (projected) return validateProjected(projected, `${path}.projected`, spec);
  if (image) return validateImage(image, `${path}.image`);
  if (nfs) return validateNfs(nfs, `${path}.nfs`);
  if (iscsi) return validateIscsi(iscsi, volume.name, path);
  if (flexVolume) return validateFlexVolume(flexVolume, `${path}.flexVolume`);
  if (!downwardAPI) return [];
  const at = `${path}.downwardAPI`;
  return [
    ...validateFileDefaults(downwardAPI, at),
    ...validateDownwardFiles(downwardAPI.items ?? [], `${at}.items`, spec),
  ];
}

function validateImage({ reference, pullPolicy }: ImageVolumeSource, path: string): FieldError[] {
  const errors = reference ? [] : [required(`${path}.reference`)];
  oneOf(errors, `${path}.pullPolicy`, pullPolicy, ['Always', 'IfNotPresent', 'Never']);
  return errors;
}

function validateNfs({ server, path }: v1.NFSVolumeSource, at: string): FieldError[] {
  const errors: FieldError[] = [];
  if (!server) errors.push(required(`${at}.server`));
  if (!path) errors.push(required(`${at}.path`));
  if (!path.startsWith('/')) errors.push(invalid(`${at}.path`, path, 'must be an absolute path'));
  return errors;
}

function validateFlexVolume({ driver, options }: v1.FlexVolumeSource, at: string): FieldError[] {
  const errors = driver ? [] : [required(`${at}.driver`)];
  for (const name of Object.keys(options ?? {})) {
    const [namespace = ''] = name.toLowerCase().split('/', 1);
    if (/(^|\.)(kubernetes|k8s)\.io$/.test(namespace))
      errors.push(
        invalid(`${at}.options[${name}]`, name, 'kubernetes.io and k8s.io namespaces are reserved'),
      );
  }
  return errors;
}

function validateEmptyDir(source: EmptyDirVolumeSource, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const { medium = '', sizeLimit, mode } = source;
  if (!/^HugePages(-\d+[KMG]i)?$/.test(medium)) {
    oneOf(errors, `${path}.medium`, medium, ['HugePages', 'Memory']);
  }
  if (sizeLimit !== undefined && parseQuantity(sizeLimit).nanos < 0n) {
    errors.push(forbidden(`${path}.sizeLimit`, 'SizeLimit field must be a valid resource quantity'));
  } else if (sizeLimit !== undefined && medium === '') {
    errors.push(
      ignored(`${path}.sizeLimit`, 'on disk only eviction enforces it, and Kubernetes evicts no static pod'),
    );
  }
  if (mode !== undefined && (mode < 0 || mode > 0o1777)) {
    errors.push(
      invalid(`${path}.mode`, mode, 'must be a number between 0 and 01777 (octal), both inclusive'),
    );
  }
  return errors;
}

function validateHostPath(source: v1.HostPathVolumeSource, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (!source.path) errors.push(required(`${path}.path`));
  else {
    check(errors, `${path}.path`, source.path, noBacksteps);
    if (!source.path.startsWith('/'))
      errors.push(invalid(`${path}.path`, source.path, 'must be an absolute path'));
  }
  oneOf(errors, `${path}.type`, source.type, hostPathTypes);
  return errors;
}
