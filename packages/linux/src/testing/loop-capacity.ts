// Grows loop devices, for a storage driver of tests.
import { closeSync, openSync } from 'node:fs';
import { libcFunction } from '../syscall/libc.ts';

const ioctl = libcFunction('ioctl', ['int', 'ulong', 'ulong']);
const loopSetCapacity = 0x4c07;

/** The device gets the size that its file has now. */
export function growLoopDevice(device: string): void {
  const descriptor = openSync(device, 'r+');
  try {
    ioctl(device, descriptor, loopSetCapacity, 0);
  } finally {
    closeSync(descriptor);
  }
}
