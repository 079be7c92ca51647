// The rules for ports of containers, and for those of the host that they take.
import { isIP } from 'node:net';
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import { check, duplicate, type FieldError, ignored, invalid, oneOf } from '../field-error.ts';
import { portName, portNumber } from '../names.ts';

/** What is wrong with a container's ports. */
export function validatePorts(ports: readonly v1.ContainerPort[], path: string): FieldError[] {
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
export function validateHostPorts(
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
export function validateInitPorts(container: v1.Container, path: string, spec: v1.PodSpec): FieldError[] {
  const errors = validateHostPorts(container, path, spec, new Set());
  if (spec.hostNetwork) return errors;
  const without = (container.ports ?? []).flatMap(({ hostPort }, index) =>
    hostPort ? [ignored(`${path}.ports[${index}].hostPort`, 'init containers get no host ports')] : [],
  );
  return [...errors, ...without];
}
