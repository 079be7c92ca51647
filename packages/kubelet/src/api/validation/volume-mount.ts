// The rules for what a container mounts.
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import {
  check,
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  notFound,
  oneOf,
  required,
} from '../field-error.ts';
import { descendingPath } from '../names.ts';
import type { Volume, VolumeMount } from '../pod.ts';

/** The pod's volumes by name. */
export type Volumes = ReadonlyMap<string, Volume>;

/** What is wrong with a container's mounts of these volumes. */
export function validateMounts(container: v1.Container, path: string, volumes: Volumes): FieldError[] {
  const errors: FieldError[] = [];
  const mountPaths = new Set<string>();
  (container.volumeMounts ?? []).forEach((mount: VolumeMount, index) => {
    const at = `${path}[${index}]`;
    if (!mount.name) errors.push(required(`${at}.name`));
    else if (!volumes.has(mount.name))
      errors.push(notFound(`${at}.name`, mount.name, 'no such volume in spec.volumes'));
    if (!mount.mountPath) errors.push(required(`${at}.mountPath`));
    else if (mountPaths.has(mount.mountPath))
      errors.push(invalid(`${at}.mountPath`, mount.mountPath, 'must be unique'));
    mountPaths.add(mount.mountPath);
    if (mount.subPath) check(errors, `${at}.subPath`, mount.subPath, descendingPath);
    if (mount.subPathExpr) check(errors, `${at}.subPathExpr`, mount.subPathExpr, descendingPath);
    if (mount.subPath && mount.subPathExpr) {
      errors.push(
        invalid(`${at}.subPathExpr`, mount.subPathExpr, 'subPathExpr and subPath are mutually exclusive'),
      );
    }
    const modes = ['Bidirectional', 'HostToContainer', 'None'];
    oneOf(errors, `${at}.mountPropagation`, mount.mountPropagation, modes);
    if (mount.mountPropagation === 'Bidirectional' && !container.securityContext?.privileged) {
      errors.push(
        forbidden(
          `${at}.mountPropagation`,
          'Bidirectional mount propagation is available only to privileged containers',
        ),
      );
    }
    errors.push(...validateRecursiveReadOnly(mount, `${at}.recursiveReadOnly`));
    errors.push(...validateBindOptions(mount, at, volumes));
  });
  return errors;
}

function validateRecursiveReadOnly(mount: VolumeMount, path: string): FieldError[] {
  const { recursiveReadOnly, readOnly, mountPropagation = 'None' } = mount;
  const errors: FieldError[] = [];
  oneOf(errors, path, recursiveReadOnly, ['Disabled', 'Enabled', 'IfPossible']);
  if (recursiveReadOnly !== 'Enabled' && recursiveReadOnly !== 'IfPossible') return errors;
  if (!readOnly) errors.push(forbidden(path, 'may only be specified when readOnly is true'));
  if (mountPropagation !== 'None') {
    errors.push(forbidden(path, 'may only be specified when mountPropagation is None or not specified'));
  }
  return errors;
}

const bindOptions = ['nodev', 'noexec', 'nosuid'];

function validateBindOptions(
  { name, bindMountOptions = [] }: VolumeMount,
  at: string,
  volumes: Volumes,
): FieldError[] {
  const errors: FieldError[] = [];
  const path = `${at}.bindMountOptions`;
  bindMountOptions.forEach((option, index) => {
    oneOf(errors, `${path}[${index}]`, option, bindOptions);
    if (bindMountOptions.indexOf(option) < index) errors.push(duplicate(`${path}[${index}]`, option));
  });
  if (bindMountOptions.length > 0 && volumes.get(name)?.image) {
    errors.push(invalid(path, bindMountOptions, 'bindMountOptions may not be used with image volumes'));
  }
  return errors;
}
