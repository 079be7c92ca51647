// The rules for environment variables and what they quote of the pod.
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import { check, type FieldError, invalid, oneOf, required } from '../field-error.ts';
import { envVarName, qualifiedName } from '../names.ts';
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
    const { fieldRef, resourceFieldRef } = variable.valueFrom;
    const sources = [fieldRef, resourceFieldRef].filter((source) => source !== undefined);
    if (sources.length === 0) {
      errors.push(invalid(`${at}.valueFrom`, '', 'must specify one of: `fieldRef`, `resourceFieldRef`'));
    } else if (variable.value) {
      errors.push(invalid(`${at}.valueFrom`, '', 'may not be specified when `value` is not empty'));
    } else if (sources.length > 1) {
      errors.push(invalid(`${at}.valueFrom`, '', 'may not have more than one field specified at a time'));
    }
    if (fieldRef) errors.push(...validateFieldRef(fieldRef, `${at}.valueFrom.fieldRef`));
    if (resourceFieldRef) {
      errors.push(...validateResourceFieldRef(resourceFieldRef, `${at}.valueFrom.resourceFieldRef`, spec));
    }
  });
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
