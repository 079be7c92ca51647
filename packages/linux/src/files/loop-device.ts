// Loop devices, by the calls that losetup(8) makes: a file, or a block device, becomes the content of /dev/loopN.
import { closeSync, constants, openSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { hasCode } from '@berth/common/error-code.ts';
import { asSyscallError } from '../syscall/errno.ts';
import { libcFunction } from '../syscall/libc.ts';

const ioctl = libcFunction('ioctl', ['int', 'ulong', 'ulong']);
const ioctlOnStruct = libcFunction('ioctl', ['int', 'ulong', 'void *']);

// From linux/loop.h.
const loopConfigure = 0x4c0a;
const loopClrFd = 0x4c01;
const loopCtlGetFree = 0x4c82;
const loFlagsReadOnly = 1;

/** struct loop_config: a descriptor, a block size, struct loop_info64, and eight reserved numbers. */
const configBytes = 304;
const flagsOffset = 60;
const nameOffset = 64;
const nameBytes = 64;

/** How often another process may take the device that was free a moment ago. */
const maxAttempts = 64;

/**
 * Attaches a free loop device to the file or block device at `path`, which stays open until the loop device is detached,
 * also when this process ends. The device is read-only where the file can only be read.
 *
 * @returns the path of the device, e.g. `/dev/loop0`
 * @throws SyscallError e.g. ENOENT, EISDIR
 */
export function attachLoopDevice(path: string): string {
  const { descriptor: backing, isReadOnly } = openBacking(path);
  try {
    const config = loopConfig(backing, isReadOnly, path);
    for (let attempt = 1; ; attempt++) {
      const device = freeDevice();
      try {
        withOpen(device, constants.O_RDWR, (loop) => ioctlOnStruct(device, loop, loopConfigure, config));
        return device;
      } catch (error) {
        if (!hasCode(error, 'EBUSY') || attempt === maxAttempts) throw error;
      }
    }
  } finally {
    closeSync(backing);
  }
}

/**
 * Detaches a loop device from its file: at once, or when the last process closes it. No error when it is attached to
 * nothing, or does not exist.
 */
export function detachLoopDevice(device: string): void {
  try {
    withOpen(device, constants.O_RDONLY, (loop) => ioctl(device, loop, loopClrFd, 0));
  } catch (error) {
    if (!hasCode(error, 'ENXIO', 'ENOENT')) throw error;
  }
}

/** The paths of the loop devices that are attached to the file at `path`, which may be a mount point. */
export function loopDevicesOf(path: string): string[] {
  const paths = [path, realPath(path)];
  return loopDevices()
    .filter(({ backing }) => paths.includes(backing))
    .map(({ device }) => device);
}

/** A loop device that is attached. */
export interface LoopDevice {
  /** E.g. `/dev/loop0`. */
  device: string;
  /** The path of its file. */
  backing: string;
}

/** All loop devices of the machine that are attached: they belong to no namespace. */
export function loopDevices(): LoopDevice[] {
  const names = readdirSync('/sys/block').filter((name) => name.startsWith('loop'));
  return names.flatMap((name) => {
    try {
      const text = readFileSync(`/sys/block/${name}/loop/backing_file`, 'utf8');
      return [{ device: `/dev/${name}`, backing: backingPath(text) }];
    } catch (error) {
      // It is attached to nothing, or was detached this moment.
      if (hasCode(error, 'ENOENT', 'ENODEV', 'ENXIO')) return [];
      throw asSyscallError(error);
    }
  });
}

/** The path in the text of a `backing_file`; the kernel marks a file that was unlinked. Pure. */
export function backingPath(text: string): string {
  return text.replace(/\n$/, '').replace(/ ?\(deleted\)$/, '');
}

/** The bytes of struct loop_config. Pure. */
export function loopConfig(backing: number, isReadOnly: boolean, path: string): Uint8Array {
  const config = new Uint8Array(configBytes);
  const view = new DataView(config.buffer);
  view.setUint32(0, backing, true);
  view.setUint32(flagsOffset, isReadOnly ? loFlagsReadOnly : 0, true);
  // Only shown to people, and shortened: the kernel itself knows the whole path. The last byte stays 0.
  config.set(Buffer.from(path).subarray(0, nameBytes - 1), nameOffset);
  return config;
}

function freeDevice(): string {
  const control = '/dev/loop-control';
  return `/dev/loop${withOpen(control, constants.O_RDWR, (loop) => ioctl(control, loop, loopCtlGetFree, 0))}`;
}

function openBacking(path: string): { descriptor: number; isReadOnly: boolean } {
  try {
    return { descriptor: openSync(path, constants.O_RDWR), isReadOnly: false };
  } catch (error) {
    if (!hasCode(error, 'EACCES', 'EPERM', 'EROFS')) throw asSyscallError(error);
  }
  try {
    return { descriptor: openSync(path, constants.O_RDONLY), isReadOnly: true };
  } catch (error) {
    throw asSyscallError(error);
  }
}

function withOpen<Result>(path: string, flags: number, use: (descriptor: number) => Result): Result {
  let descriptor: number;
  try {
    descriptor = openSync(path, flags);
  } catch (error) {
    throw asSyscallError(error);
  }
  try {
    return use(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return path;
    throw asSyscallError(error);
  }
}
