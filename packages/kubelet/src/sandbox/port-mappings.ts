// Ports of a pod as CRI's port mappings.
import { type PortMapping, Protocol } from '@berth/cri/generated/api.ts';
import type * as v1 from 'kubernetes-types/core/v1.d.ts';

/** The mappings of regular containers' ports, including those without a host port; drops duplicates. */
export function portMappings(containers: readonly Pick<v1.Container, 'ports'>[]): PortMapping[] {
  return containers.flatMap(({ ports = [] }) =>
    ports.filter((port, index) => ports.findIndex((other) => isSame(other, port)) === index).map(portMapping),
  );
}

/** The key by which duplicates are found: the port's name, or else all its fields. */
function isSame(one: v1.ContainerPort, other: v1.ContainerPort): boolean {
  return identity(one) === identity(other);
}

function identity({
  name,
  protocol = 'TCP',
  hostIP = '',
  containerPort,
  hostPort = 0,
}: v1.ContainerPort): string {
  return name || [protocol, hostIP, containerPort, hostPort].join(' ');
}

function portMapping({ protocol, containerPort, hostPort = 0, hostIP = '' }: v1.ContainerPort): PortMapping {
  const protocols: Record<string, Protocol> = { TCP: Protocol.TCP, UDP: Protocol.UDP, SCTP: Protocol.SCTP };
  return { protocol: protocols[protocol ?? 'TCP'] ?? Protocol.TCP, containerPort, hostPort, hostIp: hostIP };
}
