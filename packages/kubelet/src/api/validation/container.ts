// The rules for containers and init containers: names, ports, environment, resources, mounts.
import { isIP } from 'node:net';
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import { containersOfKind } from '../each-container.ts';
import {
  check,
  duplicate,
  type FieldError,
  forbidden,
  ignored,
  invalid,
  notFound,
  oneOf,
  required,
} from '../field-error.ts';
import { descendingPath, dnsLabel, envVarName, portName, portNumber, qualifiedName } from '../names.ts';
import { validateResourceFieldRef, validateResources } from './resources.ts';
import { validateContainerSecurity } from './security-context.ts';

type Volumes = ReadonlyMap<string, v1.Volume>;

/** What is wrong with the pod's containers and init containers. */
export function validateContainers(spec: v1.PodSpec, volumes: Volumes): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  if (spec.containers.length === 0) errors.push(required('spec.containers'));
  const hostPorts = new Set<string>();
  for (const { container, path } of containersOfKind(spec, 'regular')) {
    errors.push(...validateContainer(container, path, spec, volumes, names));
    errors.push(...validateHostPorts(container, path, spec, hostPorts));
  }
  for (const { container, path } of containersOfKind(spec, 'init')) {
    errors.push(...validateContainer(container, path, spec, volumes, names));
    errors.push(...validateInitPorts(container, path, spec));
  }
  return errors;
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
    ...validateResources(container.resources ?? {}, `${path}.resources`),
    ...validateResizePolicy(container.resizePolicy ?? [], `${path}.resizePolicy`),
    ...validateMounts(container, `${path}.volumeMounts`, volumes),
    ...validateContainerSecurity(container.securityContext ?? {}, `${path}.securityContext`),
  );
  return errors;
}

function validatePorts(ports: readonly v1.ContainerPort[], path: string): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  ports.forEach((port, index) => {
    const at = `${path}[${index}]`;
    if (port.name) {
      check(errors, `${at}.name`, port.name, portName);
      if (names.has(port.name)) errors.push(duplicate(`${at}.name`, port.name));
      names.add(port.name);
    }
    for (const field of ['containerPort', 'hostPort'] as const) {
      const number = port[field];
      const problem =
        number === undefined || (field === 'hostPort' && number === 0) ? undefined : portNumber(number);
      if (problem) errors.push(invalid(`${at}.${field}`, number, problem));
    }
    if (port.hostIP && !isIP(port.hostIP)) {
      errors.push(invalid(`${at}.hostIP`, port.hostIP, 'must be a valid IP address'));
    }
    oneOf(errors, `${at}.protocol`, port.protocol, ['SCTP', 'TCP', 'UDP']);
  });
  return errors;
}

/** Two ports of the host can not be the same (`taken` so far), and with the host's network a port is the host's. */
function validateHostPorts(
  container: v1.Container,
  path: string,
  spec: v1.PodSpec,
  taken: Set<string>,
): FieldError[] {
  const errors: FieldError[] = [];
  (container.ports ?? []).forEach((port, index) => {
    const at = `${path}.ports[${index}].hostPort`;
    if (spec.hostNetwork && port.hostPort !== port.containerPort) {
      errors.push(invalid(at, port.hostPort, 'must match `containerPort` when `hostNetwork` is true'));
    }
    if (!port.hostPort) return;
    const key = `${port.protocol}/${port.hostIP ?? ''}/${port.hostPort}`;
    if (taken.has(key)) errors.push(duplicate(at, key));
    taken.add(key);
  });
  return errors;
}

/** Host ports are forwarded to regular containers only, as in Kubernetes. */
function validateInitPorts(container: v1.Container, path: string, spec: v1.PodSpec): FieldError[] {
  const errors = validateHostPorts(container, path, spec, new Set());
  if (spec.hostNetwork) return errors;
  const without = (container.ports ?? []).flatMap(({ hostPort }, index) =>
    hostPort ? [ignored(`${path}.ports[${index}].hostPort`, 'init containers get no host ports')] : [],
  );
  return [...errors, ...without];
}

/** What only a change of resources in a running pod reads, and a changed manifest is another pod. */
function validateResizePolicy(policies: readonly v1.ContainerResizePolicy[], path: string): FieldError[] {
  const errors: FieldError[] = [];
  policies.forEach(({ resourceName, restartPolicy }, index) => {
    oneOf(errors, `${path}[${index}].resourceName`, resourceName, ['cpu', 'memory']);
    oneOf(errors, `${path}[${index}].restartPolicy`, restartPolicy, ['NotRequired', 'RestartContainer']);
  });
  return errors;
}

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

function validateEnv(env: readonly v1.EnvVar[], path: string, spec: v1.PodSpec): FieldError[] {
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

function validateFieldRef(reference: v1.ObjectFieldSelector, path: string): FieldError[] {
  const errors: FieldError[] = [];
  oneOf(errors, `${path}.apiVersion`, reference.apiVersion, ['v1']);
  if (!reference.fieldPath) errors.push(required(`${path}.fieldPath`));
  else {
    const [, map, key] = /^metadata\.(labels|annotations)\['([^']+)'\]$/.exec(reference.fieldPath) ?? [];
    if (key === undefined) oneOf(errors, `${path}.fieldPath`, reference.fieldPath, fieldPaths);
    else check(errors, path, map === 'annotations' ? key.toLowerCase() : key, qualifiedName);
  }
  return errors;
}

function validateMounts(container: v1.Container, path: string, volumes: Volumes): FieldError[] {
  const errors: FieldError[] = [];
  const mountPaths = new Set<string>();
  (container.volumeMounts ?? []).forEach((mount, index) => {
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
        forbidden(`${at}.mountPropagation`, 'Bidirectional is available only to privileged containers'),
      );
    }
  });
  return errors;
}
