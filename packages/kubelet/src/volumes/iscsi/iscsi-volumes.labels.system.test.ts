// SELinux labels of LUNs that are mounted already, on a node that is said to have SELinux. No target is needed: a tmpfs is in
// the place of a disk that an earlier kubelet has mounted, and no session is there to be ended.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isMountPoint, mount, mountsBelow, unmount } from '@berth/linux/mounts/mount.ts';
import { scratchDir } from '@berth/test-support/scratch.ts';
import { until } from '@berth/test-support/until.ts';
import { iqn, kubeletWith, lun } from '../../testing/iscsi-node.ts';
import { withSelinux } from '../../testing/selinux.ts';
import type { RunProgram } from '../node-programs.ts';
import { iscsiDisk } from './iscsi-disk.ts';
import { globalMount } from './iscsi-folders.ts';

const file = 'system_u:object_r:container_file_t';
const wanted = (label: string) => ({ label: { label, accessMode: 'RWO' } });
const waits = `waiting for unmount of volume "kubernetes.io/iscsi/127.0.0.1:${iqn}:1", because it is already mounted to a different pod with a different SELinux label`;

/** A node with the disk of LUN 1 mounted, without a label as no kernel here has any. */
function nodeWithDisk() {
  const stack = new DisposableStack();
  const scratch = stack.use(scratchDir('iscsi-labels'));
  const rootDir = join(scratch.path, 'k');
  const folder = globalMount({ rootDir }, iscsiDisk('v', lun(1)));
  mkdirSync(folder, { recursive: true });
  mount({ source: 'none', target: folder, fstype: 'tmpfs' });
  stack.defer(() => {
    for (const { mountPoint } of mountsBelow(rootDir)) unmount(mountPoint);
  });
  const run: RunProgram = async (program, args) => {
    if (program === 'umount') unmount(args[0] ?? '');
    return { code: 0, output: '' };
  };
  return { rootDir, folder, run, [Symbol.dispose]: () => stack.dispose() };
}

test('a pod that wants a label waits until others have unmounted the LUN, which is detached then', async () => {
  using node = nodeWithDisk();
  const { rootDir, folder, run } = node;
  using kubelet = kubeletWith(rootDir, run, withSelinux);
  const shared = await kubelet.mount('a', lun(1), wanted(''));
  assert.ok(shared.from === 'node' && shared.isRelabelled);
  const conflict = `conflicting SELinux labels of volume v: "" and "${file}:s0:c1"`;
  await assert.rejects(kubelet.mount('b', lun(1), wanted(`${file}:s0:c1`)), { message: conflict });
  assert.ok(isMountPoint(folder));
  kubelet.unmount('a');
  await until('the pod that waits is woken', () => kubelet.unmounted.includes('b'));
  assert.ok(!existsSync(folder));
});

test('a LUN that an earlier kubelet has left mounted without the label is detached first', async () => {
  using node = nodeWithDisk();
  const { rootDir, folder, run } = node;
  using kubelet = kubeletWith(rootDir, run, withSelinux);
  await assert.rejects(kubelet.mount('b', lun(1), wanted(`${file}:s0:c1`)), { message: waits });
  await until('the pod that waits is woken', () => kubelet.unmounted.includes('b'));
  assert.ok(!existsSync(folder));
});

test('a pod whose container may run keeps the LUN as it is', async () => {
  using node = nodeWithDisk();
  const { rootDir, run } = node;
  using killed = kubeletWith(rootDir, run);
  await killed.mount('a', lun(1));
  using kubelet = kubeletWith(rootDir, run, withSelinux);
  const made = await kubelet.mount('a', lun(1), wanted(`${file}:s0:c1`));
  assert.ok(made.from === 'node' && made.isRelabelled);
  await kubelet.mount('b', lun(1), wanted(`${file}:s0:c1`));
  await assert.rejects(kubelet.mount('c', lun(1), wanted(`${file}:s0:c2`)), {
    message: `conflicting SELinux labels of volume v: "${file}:s0:c1" and "${file}:s0:c2"`,
  });
});
