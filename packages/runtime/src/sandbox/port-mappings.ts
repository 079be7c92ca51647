import { isIP } from 'node:net';
import { type PortMapping, Protocol } from '@berth/cri/generated/api.ts';
import { invalid } from '../rpc/errors.ts';

const isPort = (port: number) => port >= 1 && port <= 65_535;

/**
 * Refuses invalid port mappings; the error names the field. Plugins would refuse them for ADD and also for DEL, so
 * that the sandbox could never be removed. A mapping without a positive host port only declares a port, and is not
 * checked.
 */
export function validatePortMappings(mappings: readonly PortMapping[]): void {
  for (const [index, { protocol, containerPort, hostPort, hostIp }] of mappings.entries()) {
    if (hostPort <= 0) continue;
    const field = `config.port_mappings[${index}]`;
    if (!isPort(hostPort)) throw invalid(`${field}.host_port`, `${hostPort} is not a port: want 1 to 65535`);
    if (!isPort(containerPort)) {
      throw invalid(`${field}.container_port`, `${containerPort} is not a port: want 1 to 65535`);
    }
    // Plugins do not accept an IPv6 zone (fe80::1%eth0).
    if (hostIp !== '' && (isIP(hostIp) === 0 || hostIp.includes('%'))) {
      throw invalid(`${field}.host_ip`, `${JSON.stringify(hostIp)} is not an IP address`);
    }
    if (protocol !== Protocol.TCP && protocol !== Protocol.UDP && protocol !== Protocol.SCTP) {
      throw invalid(`${field}.protocol`, 'want TCP, UDP or SCTP');
    }
  }
}
