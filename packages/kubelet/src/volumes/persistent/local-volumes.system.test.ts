// Local volumes: disks that are formatted and mounted once for all pods, and directories.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isMountPoint, mounts } from '@berth/linux/mounts/mount.ts';
import { until } from '@berth/test-support/until.ts';
import { localKubelet, programs, startLocalNode } from '../../testing/local-node.ts';
import type { RunProgram } from '../node-programs.ts';

const mountAt = (path: string) => mounts().findLast(({ mountPoint }) => mountPoint === path);

test('an empty disk is formatted once, and pods after each other find what was written', async () => {
  using node = startLocalNode();
  const device = node.makeDisk();
  const ran: string[] = [];
  const run: RunProgram = async (program, args) => {
    ran.push(program);
    return await programs(program, args);
  };
  using kubelet = localKubelet(node.rootDir, run);
  const path = kubelet.folder('a');
  assert.deepEqual(await kubelet.mount('a', device, { mountOptions: ['noatime'] }), {
    from: 'node',
    path,
    isReadOnly: false,
    isRelabelled: true,
  });
  for (const folder of [path, node.global('pv')]) {
    const found = mountAt(folder);
    assert.deepEqual([found?.fstype, found?.source], ['ext4', device]);
    assert.ok(found?.options.includes('noatime'));
  }
  writeFileSync(join(path, 'file'), 'kept');
  kubelet.unmount('a');
  await node.untilNothingIsLeft();
  // By another name of the same disk.
  const link = join(node.scratch, 'by-id');
  symlinkSync(device, link);
  await kubelet.mount('b', link);
  assert.equal(readFileSync(join(kubelet.folder('b'), 'file'), 'utf8'), 'kept');
  kubelet.unmount('b');
  await node.untilNothingIsLeft();
  assert.deepEqual(ran, ['blkid', 'mkfs.ext4', 'mount', 'umount', 'blkid', 'fsck', 'mount', 'umount']);
});

test('two pods have a disk at once, one of them read-only, until the last has ended', async () => {
  using node = startLocalNode();
  const device = node.makeDisk();
  using kubelet = localKubelet(node.rootDir);
  await Promise.all([kubelet.mount('a', device), kubelet.mount('b', device, { isReadOnly: true })]);
  writeFileSync(join(kubelet.folder('a'), 'file'), 'shared');
  assert.equal(readFileSync(join(kubelet.folder('b'), 'file'), 'utf8'), 'shared');
  assert.throws(() => writeFileSync(join(kubelet.folder('b'), 'file'), ''), { code: 'EROFS' });
  assert.equal(mounts().filter(({ source }) => source === device).length, 3);
  kubelet.unmount('a');
  // What is unmounted for a pod of another disk shows that the sweep is over.
  await kubelet.mount('c', node.makeDisk(), { name: 'other' });
  kubelet.unmount('c');
  await until('the other disk is unmounted', () => !existsSync(node.global('other')));
  assert.ok(isMountPoint(node.global('pv')));
  assert.equal(readFileSync(join(kubelet.folder('b'), 'file'), 'utf8'), 'shared');
  kubelet.unmount('b');
  await node.untilNothingIsLeft();
});

test('a disk whose first pod only reads is mounted read-only, and not formatted', async () => {
  using node = startLocalNode();
  const device = node.makeDisk();
  using kubelet = localKubelet(node.rootDir);
  const global = node.global('pv');
  await assert.rejects(kubelet.mount('a', device, { isReadOnly: true }), {
    step: 'MountDevice',
    message: `local: failed to mount device ${device} at ${global} (fstype: ext4), error cannot mount unformatted disk ${device} as we are manipulating it in read-only mode`,
  });
  assert.ok(!existsSync(global));
  execFileSync('mkfs.ext4', ['-q', device]);
  await kubelet.mount('a', device, { isReadOnly: true });
  assert.ok(mountAt(global)?.superOptions.includes('ro'));
  kubelet.unmount('a');
  await node.untilNothingIsLeft();
});

test('a disk with another file system stays as it is, and the error tells of that', async () => {
  using node = startLocalNode();
  const device = node.makeDisk();
  execFileSync('mkswap', [device], { stdio: 'ignore' });
  using kubelet = localKubelet(node.rootDir);
  await assert.rejects(kubelet.mount('a', device), (error: Error) => {
    assert.match(
      error.message,
      /^local: failed to mount device \S+ at \S+ \(fstype: ext4\), error mount failed: exit status 32\n/,
    );
    assert.ok(error.cause instanceof Error && error.cause.cause instanceof Error);
    assert.equal(error.cause.cause.name, 'FilesystemMismatch');
    return true;
  });
  assert.equal(
    execFileSync('blkid', ['-p', '-s', 'TYPE', '-o', 'value', device], { encoding: 'utf8' }),
    'swap\n',
  );
  kubelet.unmount('a');
  await node.untilNothingIsLeft();
});

test('the first pod gives a volume its group, which those beside it do not change', async () => {
  using node = startLocalNode();
  const directory = join(node.scratch, 'data');
  mkdirSync(directory);
  writeFileSync(join(directory, 'file'), '');
  for (const path of [node.makeDisk(), directory]) {
    using kubelet = localKubelet(node.rootDir);
    const groupFor = (uid: string) => statSync(kubelet.folder(uid)).gid;
    await kubelet.mount('a', path, { fsGroup: 1234 });
    assert.equal(groupFor('a'), 1234);
    await kubelet.mount('b', path, { fsGroup: 1234 });
    assert.deepEqual(kubelet.events.lines, []);
    await kubelet.mount('c', path, { fsGroup: 99 });
    assert.equal(groupFor('c'), 1234);
    assert.deepEqual(kubelet.events.lines, [
      'Warning AlreadyMountedVolume default/c: The requested fsGroup is 99, but the volume pv has GID 1234. The volume may not be shareable.',
    ]);
    for (const uid of ['a', 'b', 'c']) kubelet.unmount(uid);
    await node.untilNothingIsLeft();
    await kubelet.mount('d', path, { fsGroup: 99, isReadOnly: true });
    assert.equal(groupFor('d'), 1234);
    kubelet.unmount('d');
    await node.untilNothingIsLeft();
    await kubelet.mount('e', path, { fsGroup: 99 });
    assert.equal(groupFor('e'), 99);
    kubelet.unmount('e');
    await node.untilNothingIsLeft();
  }
  assert.equal(statSync(join(directory, 'file')).gid, 99);
});

test('a pod that ends while its disk is formatted gets no mount, and the disk is unmounted', async () => {
  using node = startLocalNode();
  const device = node.makeDisk();
  const end = new AbortController();
  const { signal } = end;
  const run: RunProgram = async (program, args) => {
    if (program === 'mkfs.ext4') end.abort(new Error('the pod shall end'));
    return await programs(program, args);
  };
  using kubelet = localKubelet(node.rootDir, run);
  for (const _ of ['aborted meanwhile', 'aborted before']) {
    await assert.rejects(kubelet.mount('a', device, { signal }), /the pod shall end/);
    kubelet.unmount('a');
    await node.untilNothingIsLeft();
    assert.ok(!existsSync(kubelet.folder('a')));
  }
  await kubelet.mount('b', device);
  kubelet.unmount('b');
  await node.untilNothingIsLeft();
});

test('a directory is mounted with the options that are of a mount', async () => {
  using node = startLocalNode();
  const directory = join(node.scratch, 'data');
  mkdirSync(directory);
  using kubelet = localKubelet(node.rootDir);
  await kubelet.mount('a', directory, { mountOptions: ['noexec', 'noatime', 'data=ordered'] });
  const { options = [] } = mountAt(kubelet.folder('a')) ?? {};
  assert.ok(['rw', 'noexec', 'noatime'].every((option) => options.includes(option)));
  kubelet.unmount('a');
  await node.untilNothingIsLeft();
});

test('what is neither a directory nor a block device, and what is not there', async () => {
  using node = startLocalNode();
  using kubelet = localKubelet(node.rootDir);
  const step = 'NewMounter initialization';
  await assert.rejects(kubelet.mount('a', '/none'), { step, message: 'path "/none" does not exist' });
  const message = 'only directory and block device are supported';
  for (const path of ['/dev/null', '/proc/self/status']) {
    await assert.rejects(kubelet.mount('a', path), { step, message });
  }
  await assert.rejects(kubelet.mount('a', '/usr/../tmp'), {
    message: "invalid path: /usr/../tmp must not contain '..'",
  });
});
