import assert from 'node:assert/strict';
import {
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { scratchDir } from '@berth/test-support/scratch.ts';
import { bindMount, unmount } from '../mounts/mount.ts';
import { attachLoopDevice, detachLoopDevice, loopDevices, loopDevicesOf } from './loop-device.ts';

/** An empty file of a megabyte. */
function disk(path: string): string {
  writeFileSync(path, '');
  truncateSync(path, 1024 * 1024);
  return path;
}

test('a file becomes a block device until that is detached', () => {
  using scratch = scratchDir('loop-device');
  const file = disk(join(scratch.path, 'disk'));
  assert.deepEqual(loopDevicesOf(file), []);
  const device = attachLoopDevice(file);
  try {
    assert.match(device, /^\/dev\/loop\d+$/);
    assert.deepEqual(loopDevicesOf(file), [device]);
    assert.ok(loopDevices().some((each) => each.device === device && each.backing === file));
    const opened = openSync(device, 'r+');
    writeSync(opened, Buffer.from('through the device'.padEnd(512)), 0, 512, 0);
    fsyncSync(opened);
    closeSync(opened);
    assert.match(readFileSync(file).subarray(0, 18).toString(), /^through the device$/);
  } finally {
    detachLoopDevice(device);
  }
  assert.deepEqual(loopDevicesOf(file), []);
  detachLoopDevice(device);
  detachLoopDevice('/dev/loop-that-is-not-there');
});

test('a block device is found by the mount that it was attached through', () => {
  using scratch = scratchDir('loop-device');
  const device = attachLoopDevice(disk(join(scratch.path, 'disk')));
  const mounted = join(scratch.path, 'mounted');
  writeFileSync(mounted, '');
  bindMount(device, mounted);
  const lock = attachLoopDevice(mounted);
  assert.notEqual(lock, device);
  assert.deepEqual(loopDevicesOf(mounted), [lock]);
  detachLoopDevice(lock);
  unmount(mounted);
  detachLoopDevice(device);
});

test('a file that can only be read is a device that can only be read', () => {
  using scratch = scratchDir('loop-device');
  const [file, mounted] = [disk(join(scratch.path, 'disk')), join(scratch.path, 'mounted')];
  writeFileSync(mounted, '');
  bindMount(file, mounted, { readonly: true });
  const device = attachLoopDevice(mounted);
  const isReadOnly = readFileSync(`/sys/block/${basename(device)}/ro`, 'utf8');
  detachLoopDevice(device);
  unmount(mounted);
  assert.equal(isReadOnly, '1\n');
});

test('what cannot be a loop device', () => {
  using scratch = scratchDir('loop-device');
  assert.throws(() => attachLoopDevice(join(scratch.path, 'absent')), { code: 'ENOENT' });
  assert.throws(() => attachLoopDevice(scratch.path), { code: 'EISDIR' });
});
