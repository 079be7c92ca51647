// Computes the device nodes of a container and its device cgroup rules. Pure.

import type { LinuxDevice, LinuxDeviceCgroup } from '@berth/oci/runtime-spec/config.ts';
import type { DeviceNode } from './input.ts';

export interface ContainerDevices {
  devices: LinuxDevice[];
  rules: LinuxDeviceCgroup[];
}

/**
 * Device nodes and device cgroup rules. Access is denied except to the devices listed here and the few that the OCI
 * runtime itself creates (null, zero, full, random, urandom, tty, pts). A privileged container has every device of
 * the host and may create and use any.
 */
export function containerDevices(options: {
  requested: readonly DeviceNode[];
  hostDevices: readonly LinuxDevice[];
  privileged: boolean;
}): ContainerDevices {
  const { requested, hostDevices, privileged } = options;
  const own = requested.map(({ device }) => device);
  if (privileged) {
    const taken = new Set([...own.map(({ path }) => path), ...madeByRuntime]);
    const others = hostDevices.filter(({ path }) => !taken.has(path));
    return { devices: [...others, ...own], rules: [{ allow: true, access: 'rwm' }] };
  }
  return {
    devices: own,
    rules: [
      { allow: false, access: 'rwm' },
      ...requested.filter(({ access }) => access !== '').map(allowRule),
    ],
  };
}

const madeByRuntime = [
  '/dev/null',
  '/dev/zero',
  '/dev/full',
  '/dev/random',
  '/dev/urandom',
  '/dev/tty',
  '/dev/ptmx',
  '/dev/console',
];

function allowRule({ device, access }: DeviceNode): LinuxDeviceCgroup {
  return {
    allow: true,
    type: device.type === 'b' ? 'b' : 'c',
    ...(device.major === undefined ? {} : { major: device.major }),
    ...(device.minor === undefined ? {} : { minor: device.minor }),
    access,
  };
}
