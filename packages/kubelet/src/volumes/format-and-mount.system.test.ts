// Disks with the node's own blkid, fsck, mkfs and mount.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { mounts, unmount } from '@berth/linux/mounts/mount.ts';
import { scratchDir } from '@berth/test-support/scratch.ts';
import { formatAndMount } from './format-and-mount.ts';
import { nodePrograms } from './node-programs.ts';

// libblkid's cache of the disks would outlive them.
process.env['BLKID_FILE'] = '/dev/null';

const mib = 1024 * 1024;
const run = nodePrograms(60_000);

/** A partition table of DOS with one partition. */
function oneOfDos(): Buffer {
  const sector = Buffer.alloc(512);
  sector[446 + 4] = 0x83;
  sector.writeUInt32LE(2048, 446 + 8);
  sector.writeUInt32LE(2048, 446 + 12);
  sector.writeUInt16LE(0xaa55, 510);
  return sector;
}

/** An empty disk of 32 MiB, and a directory to mount it at. */
function makeDisk() {
  const resources = new DisposableStack();
  const { path } = resources.use(scratchDir('format-and-mount'));
  const image = join(path, 'image');
  writeFileSync(image, '');
  truncateSync(image, 32 * mib);
  const device = execFileSync('losetup', ['--find', '--show', image], { encoding: 'utf8' }).trim();
  resources.defer(() => execFileSync('losetup', ['--detach', device]));
  const target = join(path, 'mount');
  mkdirSync(target);
  resources.defer(() => unmount(target, { ifMounted: true, detach: true }));
  return { device, target, image, [Symbol.dispose]: () => resources.dispose() };
}

test('an empty disk gets a file system, which is kept', async () => {
  using disk = makeDisk();
  const request = { device: disk.device, target: disk.target, fsType: '', options: ['noatime'] };
  await formatAndMount(run, request);
  const found = mounts().find(({ mountPoint }) => mountPoint === disk.target);
  assert.deepEqual(
    [found?.fstype, found?.source, found?.options.includes('noatime')],
    ['ext4', disk.device, true],
  );
  writeFileSync(join(disk.target, 'file'), 'kept');
  unmount(disk.target);
  await formatAndMount(run, { ...request, options: ['ro'] });
  assert.equal(readFileSync(join(disk.target, 'file'), 'utf8'), 'kept');
  assert.throws(() => writeFileSync(join(disk.target, 'file'), ''), { code: 'EROFS' });
});

test('a disk that is empty is not formatted to be mounted read-only', async () => {
  using disk = makeDisk();
  await assert.rejects(formatAndMount(run, { ...disk, fsType: 'ext4', options: ['ro'] }), {
    message: `cannot mount unformatted disk ${disk.device} as we are manipulating it in read-only mode`,
  });
});

test('a disk with partitions, or a file system of another kind, stays as it is', async () => {
  for (const [prepare, message] of [
    [
      (device: string) => writeFileSync(device, oneOfDos(), { flag: 'r+' }),
      /^mount failed: exit status 32\nMounting command: mount\n/,
    ],
    [
      (device: string) => execFileSync('mkswap', [device], { stdio: 'ignore' }),
      /^mount failed: exit status 32/,
    ],
  ] as const) {
    using disk = makeDisk();
    prepare(disk.device);
    execFileSync('sync', [disk.device]);
    const before = readFileSync(disk.image).subarray(0, mib);
    await assert.rejects(formatAndMount(run, { ...disk, fsType: 'ext4', options: [] }), {
      name: 'FilesystemMismatch',
      message,
    });
    execFileSync('sync', [disk.device]);
    assert.ok(readFileSync(disk.image).subarray(0, mib).equals(before));
  }
});

test('a disk that is not there, and one that is too small, are not formatted', async () => {
  const absent = { device: '/dev/berth-none', target: '/', fsType: 'ext4', options: [] };
  assert.ok(!existsSync(absent.device));
  // blkid says of it what it says of an empty disk.
  await assert.rejects(formatAndMount(run, absent), {
    message: /^failed to get disk format of disk \/dev\/berth-none: ENOENT/,
  });
  using disk = makeDisk();
  truncateSync(disk.image, 4096);
  execFileSync('losetup', ['--set-capacity', disk.device]);
  await assert.rejects(formatAndMount(run, { ...disk, fsType: 'ext4', options: [] }), {
    message: /has no more than 4096 bytes$/,
  });
});
