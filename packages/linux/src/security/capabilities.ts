// The names of capabilities, and those that this process can give to containers.
import { readFileSync } from 'node:fs';

/** Every Linux capability by its number, see capabilities(7). */
export const capabilityNames = [
  'CAP_CHOWN',
  'CAP_DAC_OVERRIDE',
  'CAP_DAC_READ_SEARCH',
  'CAP_FOWNER',
  'CAP_FSETID',
  'CAP_KILL',
  'CAP_SETGID',
  'CAP_SETUID',
  'CAP_SETPCAP',
  'CAP_LINUX_IMMUTABLE',
  'CAP_NET_BIND_SERVICE',
  'CAP_NET_BROADCAST',
  'CAP_NET_ADMIN',
  'CAP_NET_RAW',
  'CAP_IPC_LOCK',
  'CAP_IPC_OWNER',
  'CAP_SYS_MODULE',
  'CAP_SYS_RAWIO',
  'CAP_SYS_CHROOT',
  'CAP_SYS_PTRACE',
  'CAP_SYS_PACCT',
  'CAP_SYS_ADMIN',
  'CAP_SYS_BOOT',
  'CAP_SYS_NICE',
  'CAP_SYS_RESOURCE',
  'CAP_SYS_TIME',
  'CAP_SYS_TTY_CONFIG',
  'CAP_MKNOD',
  'CAP_LEASE',
  'CAP_AUDIT_WRITE',
  'CAP_AUDIT_CONTROL',
  'CAP_SETFCAP',
  'CAP_MAC_OVERRIDE',
  'CAP_MAC_ADMIN',
  'CAP_SYSLOG',
  'CAP_WAKE_ALARM',
  'CAP_BLOCK_SUSPEND',
  'CAP_AUDIT_READ',
  'CAP_PERFMON',
  'CAP_BPF',
  'CAP_CHECKPOINT_RESTORE',
] as const;

export type Capability = (typeof capabilityNames)[number];

/** `net_admin`, `NET_ADMIN` or `CAP_NET_ADMIN` → `CAP_NET_ADMIN`; `undefined` when unknown. */
export function parseCapability(text: string): Capability | undefined {
  const upper = text.toUpperCase();
  const name = upper.startsWith('CAP_') ? upper : `CAP_${upper}`;
  return capabilityNames.find((capability) => capability === name);
}

/** The capabilities in a mask of /proc/PID/status, e.g. `000001ffffffffff`. */
export function capabilitiesOf(mask: string): Capability[] {
  const bits = BigInt(`0x${mask}`);
  return capabilityNames.filter((_, number) => (bits & (1n << BigInt(number))) !== 0n);
}

/**
 * The capabilities that this process can give to a container; "ALL" means these. A capability outside the bounding set
 * cannot be regained, and a container that requests one does not start.
 */
export function boundingCapabilities(): Capability[] {
  return capabilitiesOf(statusMask('CapBnd'));
}

/** Whether this process may use a capability now. */
export function hasCapability(capability: Capability): boolean {
  return capabilitiesOf(statusMask('CapEff')).includes(capability);
}

function statusMask(field: 'CapBnd' | 'CapEff'): string {
  const line = readFileSync('/proc/self/status', 'utf8')
    .split('\n')
    .find((candidate) => candidate.startsWith(`${field}:`));
  if (line === undefined) throw new Error(`/proc/self/status has no ${field}`);
  return line.slice(field.length + 1).trim();
}
