// The rules for containers and init containers.
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import { containersOfKind, isSidecar } from '../each-container.ts';
import { check, duplicate, type FieldError, forbidden, invalid, oneOf, required } from '../field-error.ts';
import { dnsLabel } from '../names.ts';
import { validateHostPorts, validateInitPorts, validatePorts } from './container-port.ts';
import { validateEnv, validateEnvFrom } from './env-var.ts';
import { validateEphemeralContainer } from './ephemeral-container.ts';
import { validateLifecycle } from './lifecycle.ts';
import { validateProbes } from './probe.ts';
import { validateInitResizePolicy, validateResizePolicy } from './resize-policy.ts';
import { validateResources } from './resources.ts';
import { validateRestartPolicy } from './restart-policy.ts';
import { validateContainerSecurity } from './security-context.ts';
import { type Volumes, validateMounts } from './volume-mount.ts';

/** What is wrong with the pod's containers and init containers. */
export function validateContainers(spec: v1.PodSpec, volumes: Volumes): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  if (spec.containers.length === 0) errors.push(required('spec.containers'));
  const hostPorts = new Set<string>();
  for (const { container, path } of containersOfKind(spec, 'regular')) {
    errors.push(...validateContainer(container, path, spec, volumes, names));
    errors.push(...validateHostPorts(container, path, spec, hostPorts));
    if (container.lifecycle)
      errors.push(...validateLifecycle(container.lifecycle, `${path}.lifecycle`, spec));
    errors.push(...validateRestartPolicy(container, path));
    errors.push(...validateProbes(container, 'regular', path));
  }
  for (const { container, path } of containersOfKind(spec, 'init')) {
    errors.push(...validateContainer(container, path, spec, volumes, names));
    errors.push(...validateInitPorts(container, path, spec));
    errors.push(...validateInitLifecycle(container, `${path}.lifecycle`, spec));
    errors.push(...validateRestartPolicy(container, path));
    errors.push(...validateProbes(container, 'init', path));
    errors.push(...validateInitResizePolicy(container, `${path}.resizePolicy`));
  }
  for (const { container, path } of containersOfKind<v1.EphemeralContainer>(
    { containers: [], ephemeralContainers: spec.ephemeralContainers ?? [] },
    'ephemeral',
  )) {
    errors.push(...validateContainer(container, path, spec, volumes, names));
    errors.push(...validateEphemeralContainer(container, path, spec));
  }
  return errors;
}

function validateInitLifecycle(container: v1.Container, path: string, spec: v1.PodSpec): FieldError[] {
  const { lifecycle } = container;
  if (lifecycle === undefined) return [];
  return isSidecar(container)
    ? validateLifecycle(lifecycle, path, spec)
    : [forbidden(path, 'may not be set for init containers without restartPolicy=Always')];
}

function validateContainer(
  container: v1.Container,
  path: string,
  spec: v1.PodSpec,
  volumes: Volumes,
  names: Set<string>,
): FieldError[] {
  const errors: FieldError[] = [];
  if (!container.name) errors.push(required(`${path}.name`));
  else check(errors, `${path}.name`, container.name, dnsLabel);
  if (names.has(container.name)) errors.push(duplicate(`${path}.name`, container.name));
  names.add(container.name);
  if (!container.image) errors.push(required(`${path}.image`));
  else if (container.image.trim() !== container.image) {
    errors.push(invalid(`${path}.image`, container.image, 'must not have leading or trailing whitespace'));
  }
  oneOf(errors, `${path}.imagePullPolicy`, container.imagePullPolicy, ['Always', 'IfNotPresent', 'Never']);
  const messagePolicies = ['File', 'FallbackToLogsOnError'];
  oneOf(errors, `${path}.terminationMessagePolicy`, container.terminationMessagePolicy, messagePolicies);
  errors.push(
    ...validatePorts(container.ports ?? [], `${path}.ports`),
    ...validateEnv(container.env ?? [], `${path}.env`, spec),
    ...validateEnvFrom(container.envFrom ?? [], `${path}.envFrom`),
    ...validateResources(container.resources ?? {}, `${path}.resources`),
    ...validateResizePolicy(container, `${path}.resizePolicy`, spec),
    ...validateMounts(container, `${path}.volumeMounts`, volumes),
    ...validateContainerSecurity(
      container.securityContext ?? {},
      `${path}.securityContext`,
      spec.hostUsers ?? true,
    ),
  );
  return errors;
}
