// Reads device nodes of the host: those that a container requests, and all for privileged containers.

import type { Stats } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { isAbsolute, join, posix } from 'node:path';
import { hasCode } from '@berth/common/error-code.ts';
import { messageOf } from '@berth/common/error-message.ts';
import type { Device } from '@berth/cri/generated/api.ts';
import { splitDevice } from '@berth/linux/files/mknod.ts';
import type { LinuxDevice } from '@berth/oci/runtime-spec/config.ts';
import { invalid } from '../../rpc/errors.ts';
import type { DeviceNode } from '../input.ts';

/** Looks up the devices of a request; a directory stands for every device below it. */
export async function lookUpDevices(requests: readonly Device[]): Promise<DeviceNode[]> {
  const found = await Promise.all(
    requests.map(async ({ hostPath, containerPath, permissions }, index) => {
      const field = `config.devices[${index}]`;
      // runc accepts the letters only in this order.
      const known = [...'rwm'].filter((each) => permissions.includes(each)).join('');
      const access = permissions === '' ? 'rwm' : known;
      if (!isAbsolute(hostPath))
        throw invalid(`${field}.host_path`, `${JSON.stringify(hostPath)} is not an absolute path`);
      const target = containerPath === '' ? hostPath : containerPath;
      if (!isAbsolute(target))
        throw invalid(`${field}.container_path`, `${JSON.stringify(target)} is not an absolute path`);
      const devices = await devicesAt(hostPath, posix.resolve(target), `${field}.host_path`);
      return devices.map((device) => ({ device, access }));
    }),
  );
  return found.flat();
}

async function devicesAt(hostPath: string, containerPath: string, field: string): Promise<LinuxDevice[]> {
  let stats: Stats;
  try {
    stats = await stat(hostPath);
  } catch (error) {
    throw invalid(field, `cannot use ${hostPath}: ${messageOf(error)}`);
  }
  if (stats.isDirectory()) return devicesBelow(hostPath, containerPath);
  const devices = toDevice(containerPath, stats);
  if (devices.length === 0) throw invalid(field, `${hostPath} is neither a device nor a directory`);
  return devices;
}

/**
 * Entries of /dev that belong to one mount or session and that each container gets its own of; other runtimes skip
 * the same ones.
 */
const ownToContainer = ['pts', 'shm', 'fd', 'mqueue', 'console'];

/** Every device of the host, for a privileged container. */
export function hostDevices(): Promise<LinuxDevice[]> {
  return devicesBelow('/dev', '/dev');
}

async function devicesBelow(hostPath: string, containerPath: string): Promise<LinuxDevice[]> {
  const entries = await readdir(hostPath, { withFileTypes: true });
  const devices = await Promise.all(
    entries
      .filter(({ name }) => !ownToContainer.includes(name))
      .map(async (entry) => {
        const [from, to] = [join(hostPath, entry.name), posix.join(containerPath, entry.name)];
        if (entry.isDirectory()) return devicesBelow(from, to);
        if (!entry.isCharacterDevice() && !entry.isBlockDevice()) return [];
        try {
          return toDevice(to, await stat(from));
        } catch (error) {
          // A device may be unplugged at any moment.
          if (hasCode(error, 'ENOENT')) return [];
          throw error;
        }
      }),
  );
  return devices.flat();
}

function toDevice(path: string, stats: Stats): LinuxDevice[] {
  const type = stats.isBlockDevice() ? 'b' : stats.isCharacterDevice() ? 'c' : undefined;
  if (type === undefined) return [];
  const { major, minor } = splitDevice(stats.rdev);
  return [{ path, type, major, minor, fileMode: stats.mode & 0o777, uid: stats.uid, gid: stats.gid }];
}
