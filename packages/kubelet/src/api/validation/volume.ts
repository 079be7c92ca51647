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
import { validateObjectVolume } from './volume-files.ts';

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
export function validateVolumes(volumes: readonly v1.Volume[]): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  volumes.forEach((volume, index) => {
    const path = `spec.volumes[${index}]`;
    if (!volume.name) errors.push(required(`${path}.name`));
    else check(errors, `${path}.name`, volume.name, dnsLabel);
    if (names.has(volume.name)) errors.push(duplicate(`${path}.name`, volume.name));
    names.add(volume.name);
    const [, ...others] = Object.keys(volume).filter((key) => key !== 'name');
    for (const other of others)
      errors.push(forbidden(`${path}.${other}`, 'may not specify more than 1 volume type'));
    if (volume.emptyDir) errors.push(...validateEmptyDir(volume.emptyDir, `${path}.emptyDir`));
    if (volume.hostPath) errors.push(...validateHostPath(volume.hostPath, `${path}.hostPath`));
    const { configMap, secret } = volume;
    if (configMap) {
      errors.push(...validateObjectVolume(configMap, `${path}.configMap`, 'name', configMap.name));
    }
    if (secret) {
      errors.push(...validateObjectVolume(secret, `${path}.secret`, 'secretName', secret.secretName));
    }
  });
  return errors;
}

function validateEmptyDir(source: v1.EmptyDirVolumeSource, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const { medium = '', sizeLimit } = source;
  if (/^HugePages(-\d+[KMG]i)?$/.test(medium)) {
    errors.push(forbidden(`${path}.medium`, 'huge pages are not supported by this kubelet yet'));
  } else oneOf(errors, `${path}.medium`, medium, ['Memory']);
  if (sizeLimit !== undefined && parseQuantity(sizeLimit).nanos < 0n) {
    errors.push(forbidden(`${path}.sizeLimit`, 'may not be negative'));
  } else if (sizeLimit !== undefined && medium !== 'Memory') {
    errors.push(ignored(`${path}.sizeLimit`, 'on disk it is not enforced by this kubelet yet'));
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
