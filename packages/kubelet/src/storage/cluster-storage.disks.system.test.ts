// Disks of the node that are persistent volumes with a file system, without a cluster: what pods get and are told, and that
// nothing is left, neither by a pod's end nor by a kubelet that was killed.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isMountPoint } from '@berth/linux/mounts/mount.ts';
import { until } from '@berth/test-support/until.ts';
import { startLocalNode } from '../testing/local-node.ts';
import { startStorageNode } from '../testing/storage-node.ts';

const plugin = 'plugins/kubernetes.io/local-volume/mounts';

test('a disk of the node: its file system, its size, and its end', async () => {
  using disks = startLocalNode();
  await using node = await startStorageNode({ volume: { local: { path: disks.makeDisk() } } });
  const global = join(node.rootDir, plugin, 'pv');
  const first = await node.kubelet();
  const made = await first.round('a', {});
  const path = join(node.rootDir, 'pods/a/volumes/kubernetes.io~local-volume/pv');
  assert.deepEqual(made, { from: 'node', path, isReadOnly: false, isRelabelled: true });
  writeFileSync(join(path, 'file'), 'written');
  assert.equal(readFileSync(join(global, 'file'), 'utf8'), 'written');
  await until('its size is known', () => first.stats('a').length > 0);
  const { capacityBytes = 0n } = first.stats('a')[0] ?? {};
  assert.ok(capacityBytes > 16n << 20n && capacityBytes < 32n << 20n);

  first.stop();
  const next = await node.kubelet();
  await next.round('b', {});
  await next.end('a');
  assert.equal(readFileSync(join(global, 'file'), 'utf8'), 'written');
  await next.endLast('b');
  await until('its folder is gone', () => readdirSync(join(node.rootDir, plugin)).length === 0);
  assert.match(
    await next.metrics(),
    /^storage_operation_duration_seconds_count\{.*unmount_device.*kubernetes\.io\/local-volume.*\} 1$/m,
  );
  assert.deepEqual(node.events.lines, []);

  // Killed while the pod had the disk, which ended meanwhile.
  const killed = await node.kubelet();
  await killed.round('c', {});
  killed.stop();
  const last = await node.kubelet();
  assert.ok(isMountPoint(global));
  await last.endLast('c');
});

test('the volume is told of a disk with another file system', async () => {
  using disks = startLocalNode();
  const device = disks.makeDisk();
  execFileSync('mkswap', [device], { stdio: 'ignore' });
  await using node = await startStorageNode({ volume: { local: { path: device, fsType: 'ext3' } } });
  const kubelet = await node.kubelet();
  await assert.rejects(kubelet.round('a', {}));
  const failed = `local: failed to mount device ${device} at ${join(node.rootDir, plugin, 'pv')} (fstype: ext3), error mount failed: exit status 32\n`;
  const expected = [
    `Warning FailedMountOnFilesystemMismatch pv: MountVolume failed for volume "pv" ${failed}`,
    `Warning FailedMount default/a: MountVolume.MountDevice failed for volume "pv" : ${failed}`,
  ];
  assert.deepEqual(
    node.events.lines.map((line, index) => line.slice(0, expected[index]?.length)),
    expected,
  );
  await kubelet.end('a');
  await until('its folder is gone', () => readdirSync(join(node.rootDir, plugin)).length === 0);
});
