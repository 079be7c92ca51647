// The volumes of a driver that serves on a real socket, without a cluster: what is asked of the driver, and what each kubelet
// of a row leaves and takes over.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isMountPoint } from '@berth/linux/mounts/mount.ts';
import { until } from '@berth/test-support/until.ts';
import { driverName, startStorageNode } from '../testing/storage-node.ts';

test('two pods of a node share a volume that is staged once, and unstaged after both', async () => {
  await using node = await startStorageNode();
  const { driver } = node;
  const kubelet = await node.kubelet();
  const made = await kubelet.setUp('a');
  await kubelet.setUp('b');
  assert.ok(made.from === 'node' && isMountPoint(made.path));
  await kubelet.tearDown('a');
  assert.equal(
    driver.methodsOf('h').join(),
    'NodeStageVolume,NodePublishVolume,NodePublishVolume,NodeUnpublishVolume',
  );
  await kubelet.tearDown('b');
  await until('it is unstaged', () => driver.methodsOf('h').at(-1) === 'NodeUnstageVolume');
  const folder = join(node.rootDir, 'plugins/kubernetes.io/csi', driverName);
  await until('nothing is left', () => readdirSync(folder).length === 0);
});

test('a kubelet that was killed leaves nothing: the next one unpublishes and unstages by what was noted', async () => {
  await using node = await startStorageNode();
  const { driver } = node;
  const first = await node.kubelet();
  await first.setUp('a');
  first.stop();
  const next = await node.kubelet();
  await next.tearDown('a');
  await until('it is unstaged', () => driver.methodsOf('h').at(-1) === 'NodeUnstageVolume');
});

test('what a kubelet has staged, and published for no pod, is unstaged when the driver registers again', async () => {
  await using node = await startStorageNode();
  const { driver } = node;
  const first = await node.kubelet();
  driver.failNext('NodePublishVolume', 'INVALID_ARGUMENT');
  await assert.rejects(first.setUp('a'), /NodePublishVolume shall fail/);
  first.stop();
  await node.kubelet();
  await until('it is unstaged', () => driver.methodsOf('h').at(-1) === 'NodeUnstageVolume');
});

test('a volume that cannot be unpublished stays staged', async () => {
  await using node = await startStorageNode();
  const { driver } = node;
  const kubelet = await node.kubelet();
  await kubelet.setUp('a');
  driver.failNext('NodeUnpublishVolume', 'INTERNAL');
  await assert.rejects(kubelet.tearDown('a'), /NodeUnpublishVolume shall fail/);
  assert.equal(driver.methodsOf('h').includes('NodeUnstageVolume'), false);
  await kubelet.tearDown('a');
  await until('it is unstaged', () => driver.methodsOf('h').at(-1) === 'NodeUnstageVolume');
});

test('an attempt to stage that has failed for good leaves nothing; one that may be under way is undone', async () => {
  await using node = await startStorageNode();
  const { driver } = node;
  const kubelet = await node.kubelet();
  driver.failNext('NodeStageVolume', 'INVALID_ARGUMENT');
  await assert.rejects(kubelet.setUp('a'), /NodeStageVolume shall fail/);
  await kubelet.tearDown('a');
  driver.failNext('NodeStageVolume', 'ABORTED');
  await assert.rejects(kubelet.setUp('b'));
  await kubelet.tearDown('b');
  await until('it is unstaged', () => driver.methodsOf('h').at(-1) === 'NodeUnstageVolume');
  assert.equal(driver.methodsOf('h').join(), 'NodeStageVolume,NodeStageVolume,NodeUnstageVolume');
});
