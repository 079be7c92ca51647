// The rules for probes.
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import type { ContainerKind } from '../each-container.ts';
import { type FieldError, forbidden, invalid } from '../field-error.ts';
import { validateHandler } from './handler.ts';

const fields = ['livenessProbe', 'readinessProbe', 'startupProbe'] as const;
const numbers = [
  'initialDelaySeconds',
  'timeoutSeconds',
  'periodSeconds',
  'successThreshold',
  'failureThreshold',
] as const;

/** What is wrong with a container's probes. An init container has none, unless it is a sidecar. */
export function validateProbes(container: v1.Container, kind: ContainerKind, path: string): FieldError[] {
  return fields.flatMap((field) => {
    const probe = container[field];
    if (!probe) return [];
    if (kind === 'init' && container.restartPolicy !== 'Always') {
      const detail = 'may not be set for init containers without restartPolicy=Always';
      return [forbidden(`${path}.${field}`, detail)];
    }
    return validateProbe(probe, field, `${path}.${field}`);
  });
}

function validateProbe(probe: v1.Probe, field: (typeof fields)[number], path: string): FieldError[] {
  const errors = validateHandler(probe, path);
  for (const name of numbers) {
    const value = probe[name] ?? 0;
    if (value < 0) errors.push(invalid(`${path}.${name}`, value, 'must be greater than or equal to 0'));
  }
  const grace = probe.terminationGracePeriodSeconds;
  const at = `${path}.terminationGracePeriodSeconds`;
  if (grace !== undefined && grace <= 0) errors.push(invalid(at, grace, 'must be greater than 0'));
  if (field === 'readinessProbe') {
    if (grace !== undefined) errors.push(invalid(at, grace, 'must not be set for readinessProbes'));
  } else if (probe.successThreshold !== 1) {
    errors.push(invalid(`${path}.successThreshold`, probe.successThreshold, 'must be 1'));
  }
  return errors;
}
