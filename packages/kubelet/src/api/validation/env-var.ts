// The rules for environment variables and where their values come from.
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import { eachContainer } from '../each-container.ts';
import { check, type FieldError, invalid, notFound, oneOf, required } from '../field-error.ts';
import { configMapKey, dnsLabel, dnsSubdomain, envVarName, noBacksteps, qualifiedName } from '../names.ts';
import type { EnvVarSource, FileKeySelector } from '../pod.ts';
import { validateResourceFieldRef } from './resources.ts';

const fieldPaths = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
];

/** What is wrong with a container's environment. */
export function validateEnv(env: readonly v1.EnvVar[], path: string, spec: v1.PodSpec): FieldError[] {
  const errors: FieldError[] = [];
  env.forEach((variable, index) => {
    const at = `${path}[${index}]`;
    if (!variable.name) errors.push(required(`${at}.name`));
    else check(errors, `${at}.name`, variable.name, envVarName);
    if (!variable.valueFrom) return;
    const from: EnvVarSource = variable.valueFrom;
    const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef } = from;
    const sources = [fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef].filter(
      (source) => source !== undefined,
    );
    if (sources.length === 0) {
      const choice = '`fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`';
      errors.push(invalid(`${at}.valueFrom`, '', `must specify one of: ${choice}`));
    } else if (variable.value) {
      errors.push(invalid(`${at}.valueFrom`, '', 'may not be specified when `value` is not empty'));
    } else if (sources.length > 1) {
      errors.push(invalid(`${at}.valueFrom`, '', 'may not have more than one field specified at a time'));
    }
    if (fieldRef) errors.push(...validateFieldRef(fieldRef, `${at}.valueFrom.fieldRef`));
    if (resourceFieldRef) {
      errors.push(...validateResourceFieldRef(resourceFieldRef, `${at}.valueFrom.resourceFieldRef`, spec));
    }
    for (const [field, reference] of Object.entries({ configMapKeyRef, secretKeyRef })) {
      if (reference) errors.push(...validateKeyRef(reference, `${at}.valueFrom.${field}`));
    }
    if (fileKeyRef) errors.push(...validateFileKeyRef(fileKeyRef, `${at}.valueFrom.fileKeyRef`));
  });
  return errors;
}

/** What is wrong with the sources of a container's environment. */
export function validateEnvFrom(sources: readonly v1.EnvFromSource[], path: string): FieldError[] {
  const errors: FieldError[] = [];
  sources.forEach(({ prefix, configMapRef, secretRef }, index) => {
    const at = `${path}[${index}]`;
    if (prefix) check(errors, `${at}.prefix`, prefix, envVarName);
    for (const [field, reference] of Object.entries({ configMapRef, secretRef })) {
      if (reference?.name) check(errors, `${at}.${field}.name`, reference.name, dnsSubdomain);
      else if (reference) errors.push(required(`${at}.${field}.name`));
    }
    if (!configMapRef && !secretRef) {
      errors.push(invalid(path, '', 'must specify one of: `configMapRef` or `secretRef`'));
    } else if (configMapRef && secretRef) {
      errors.push(invalid(path, '', 'may not have more than one field specified at a time'));
    }
  });
  return errors;
}

/** A file of variables has to be in an emptyDir of the pod. */
export function validateFileKeyVolumes(spec: v1.PodSpec): FieldError[] {
  const volumes = new Map((spec.volumes ?? []).map((volume) => [volume.name, volume]));
  return eachContainer(spec).flatMap(({ container, path }) =>
    (container.env ?? []).flatMap((variable, index) => {
      const from: EnvVarSource = variable.valueFrom ?? {};
      if (!from.fileKeyRef) return [];
      const { volumeName } = from.fileKeyRef;
      const at = `${path}.env[${index}].valueFrom.fileKeyRef.volumeName`;
      const volume = volumes.get(volumeName);
      if (!volume) return [notFound(at, volumeName)];
      return volume.emptyDir ? [] : [invalid(at, volumeName, 'referenced volume must be of type emptyDir')];
    }),
  );
}

function validateKeyRef(
  { name = '', key }: v1.ConfigMapKeySelector | v1.SecretKeySelector,
  path: string,
): FieldError[] {
  const errors: FieldError[] = [];
  check(errors, `${path}.name`, name, dnsSubdomain);
  if (key) check(errors, `${path}.key`, key, configMapKey);
  else errors.push(required(`${path}.key`));
  return errors;
}

function validateFileKeyRef({ key, volumeName, path: file }: FileKeySelector, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (key) check(errors, `${path}.key`, key, envVarName);
  else errors.push(required(`${path}.key`));
  if (volumeName) check(errors, `${path}.volumeName`, volumeName, dnsLabel);
  else errors.push(required(`${path}.volumeName`));
  if (file) check(errors, `${path}.path`, file, noBacksteps);
  else errors.push(required(`${path}.path`));
  return errors;
}

/** What is wrong with a reference to a field of the pod: one of `allowed`, or one label or annotation. */
export function validateFieldRef(
  reference: v1.ObjectFieldSelector,
  path: string,
  allowed: readonly string[] = fieldPaths,
): FieldError[] {
  const errors: FieldError[] = [];
  oneOf(errors, `${path}.apiVersion`, reference.apiVersion, ['v1']);
  if (!reference.fieldPath) errors.push(required(`${path}.fieldPath`));
  else {
    const [, map, key] = /^metadata\.(labels|annotations)\['([^']+)'\]$/.exec(reference.fieldPath) ?? [];
    if (key === undefined) oneOf(errors, `${path}.fieldPath`, reference.fieldPath, allowed);
    else check(errors, path, map === 'annotations' ? key.toLowerCase() : key, qualifiedName);
  }
  return errors;
}
