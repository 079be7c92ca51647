// Maps each volume device of a container to the device that the runtime makes there.
import { lstatSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import type { DeepPartial, Device } from '@berth/cri/generated/api.ts';
import type { Container } from '../api/pod.ts';
import type { PreparedVolumes } from './manager.ts';

/**
 * The devices of the container, by the links to them in the pod's folder, which runtimes follow. A link that has gone is
 * left out, as by the real kubelet. Throws when a volume is missing or no block device.
 */
export function volumeDevices(
  { name, volumeDevices: devices = [] }: Container,
  volumes: PreparedVolumes,
): DeepPartial<Device>[] {
  return devices.flatMap((device) => {
    if (!isAbsolute(device.devicePath)) {
      throw new Error(`error DevicePath \`${device.devicePath}\` must be an absolute path`);
    }
    const volume = volumes.get(device.name);
    if (volume?.from !== 'device') {
      throw new Error(`cannot find volume "${device.name}" to pass into container "${name}"`);
    }
    const { link: hostPath, isReadOnly } = volume;
    if (lstatSync(hostPath, { throwIfNoEntry: false })?.isSymbolicLink() !== true) return [];
    return [{ hostPath, containerPath: device.devicePath, permissions: isReadOnly ? 'r' : 'mrw' }];
  });
}
