// The rules for ephemeral containers beyond those for every container.
import { isObject } from '@berth/common/json/is-object.ts';
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import { workloadContainers } from '../each-container.ts';
import { type FieldError, forbidden, notFound } from '../field-error.ts';

/** What a container for debugging may not have: fields by which a workload relies on a container. */
const forbiddenFields = [
  'ports',
  'resources',
  'resizePolicy',
  'restartPolicy',
  'restartPolicyRules',
  'livenessProbe',
  'readinessProbe',
  'startupProbe',
  'lifecycle',
] as const;

const detail = 'cannot be set for an Ephemeral Container';

/** The API's default. */
function isEmptyResources(field: string, value: unknown): boolean {
  return field === 'resources' && isObject(value) && Object.keys(value).length === 0;
}

/** What is wrong with the ephemeral container at `path`. */
export function validateEphemeralContainer(
  container: v1.EphemeralContainer & { restartPolicyRules?: unknown },
  path: string,
  spec: v1.PodSpec,
): FieldError[] {
  const errors: FieldError[] = [];
  const target = container.targetContainerName;
  if (target && !workloadContainers<v1.Container>(spec).some(({ container: { name } }) => name === target)) {
    errors.push(notFound(`${path}.targetContainerName`, target));
  }
  for (const field of forbiddenFields) {
    const value = container[field];
    if (value === undefined || isEmptyResources(field, value)) continue;
    errors.push(forbidden(`${path}.${field}`, detail));
  }
  for (const [index, { subPath, subPathExpr }] of (container.volumeMounts ?? []).entries()) {
    const at = `${path}.volumeMounts[${index}]`;
    if (subPath) errors.push(forbidden(`${at}.subPath`, detail));
    if (subPathExpr) errors.push(forbidden(`${at}.subPathExpr`, detail));
  }
  return errors;
}
