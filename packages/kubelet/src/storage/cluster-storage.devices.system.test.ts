// Block devices of persistent volumes, without a cluster: what pods get, what drivers are asked, and that nothing is left,
// neither by a pod's end nor by a kubelet that was killed.
import assert from 'node:assert/strict';
import {
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { attachLoopDevice, detachLoopDevice, loopDevices } from '@berth/linux/files/loop-device.ts';
import { mountsBelow } from '@berth/linux/mounts/mount.ts';
import { until } from '@berth/test-support/until.ts';
import { driverName, startStorageNode } from '../testing/storage-node.ts';
import { attachmentName } from '../volumes/csi/csi-volume.ts';

const block = { volumeMode: 'Block' } as const;
type StorageNode = Awaited<ReturnType<typeof startStorageNode>>;

const devicesOf = ({ rootDir }: StorageNode) => join(rootDir, 'plugins/kubernetes.io/csi/volumeDevices');
/** The loop devices that a node's kubelet or driver has attached. */
const loopsOf = ({ scratch }: StorageNode) =>
  loopDevices().filter(({ backing }) => backing.startsWith(scratch));

/** Waits until the driver has unstaged its volume, and looks whether anything is left. */
async function nothingIsLeft(node: StorageNode, uids: readonly string[]): Promise<void> {
  const { driver, rootDir } = node;
  const folders = () =>
    readdirSync(devicesOf(node)).flatMap((name) =>
      ['staging', 'publish'].includes(name) ? readdirSync(join(devicesOf(node), name)) : [name],
    );
  await until('it is unstaged', () => driver.methodsOf('h').at(-1) === 'NodeUnstageVolume');
  await until('nothing is left on the disk', () => folders().length === 0, folders);
  assert.deepEqual(loopsOf(node), []);
  assert.deepEqual(mountsBelow(rootDir), []);
  for (const uid of uids) {
    const links = join(rootDir, 'pods', uid, 'volumeDevices/kubernetes.io~csi');
    assert.deepEqual(existsSync(links) ? readdirSync(links) : [], []);
  }
}

test('a block device of a driver: its files, its requests, its events, and its end', async () => {
  await using node = await startStorageNode({ volume: { ...block, accessModes: ['ReadWriteMany'] } });
  const { driver, events, rootDir } = node;
  const kubelet = await node.kubelet();
  const made = await kubelet.setUp('a');
  const link = join(rootDir, 'pods/a/volumeDevices/kubernetes.io~csi/pv');
  assert.deepEqual(made, { from: 'device', link, isReadOnly: false });
  const devices = devicesOf(node);
  const target = join(devices, 'publish/pv/a');
  const mapped = join(devices, 'pv/dev/a');
  assert.equal(lstatSync(link).isSymbolicLink() && lstatSync(target).isBlockDevice(), true);
  assert.equal(lstatSync(mapped).rdev, lstatSync(target).rdev);
  assert.deepEqual(JSON.parse(readFileSync(join(devices, 'pv/data/vol_data.json'), 'utf8')), {
    specVolID: 'pv',
    volumeHandle: 'h',
    driverName,
    nodeName: 'node',
    attachmentID: attachmentName({ driver: driverName, handle: 'h' }, 'node'),
  });
  // The driver's device, and the one that keeps it open.
  assert.deepEqual(
    loopsOf(node)
      .map(({ backing }) => backing)
      .sort(),
    [driver.disk('h'), mapped].sort(),
  );
  const [stage, publish] = driver.calls.map(({ request }) => request);
  assert.equal(stage?.['stagingTargetPath'], join(devices, 'staging/pv'));
  assert.deepEqual(stage?.['volumeCapability'], publish?.['volumeCapability']);
  assert.deepEqual(Object(stage?.['volumeCapability']).block, {});
  assert.equal(publish?.['stagingTargetPath'], join(devices, 'staging/pv'));
  assert.equal(publish?.['targetPath'], target);
  const told = 'Normal SuccessfulMountVolume default/a: MapVolume.MapPodDevice succeeded for volume "pv" ';
  assert.deepEqual(events.lines, [
    `${told}globalMapPath "${join(devices, 'pv/dev')}"`,
    `${told}volumeMapPath "${join(rootDir, 'pods/a/volumeDevices/kubernetes.io~csi')}"`,
  ]);
  await kubelet.setUp('b');
  await until('the driver says how full it is', () => kubelet.stats('a').length > 0);
  assert.equal(kubelet.stats('a')[0]?.capacityBytes, 1000n);

  await kubelet.tearDown('a');
  assert.equal(existsSync(link) || existsSync(target) || existsSync(mapped), false);
  await kubelet.tearDown('b');
  await nothingIsLeft(node, ['a', 'b']);
  assert.equal(
    driver.methodsOf('h').join(),
    'NodeStageVolume,NodePublishVolume,NodePublishVolume,NodeUnpublishVolume,NodeUnpublishVolume,NodeUnstageVolume',
  );
});

test('a device that was made larger is expanded at the path where it is published', async () => {
  const [storage, larger] = ['1Gi', '2Gi'];
  await using node = await startStorageNode({
    volume: { ...block, capacity: { storage: larger } },
    claimStatus: { capacity: { storage } },
  });
  const { driver } = node;
  const kubelet = await node.kubelet();
  await kubelet.setUp('a');
  const expand = driver.calls.find(({ method }) => method === 'NodeExpandVolume')?.request;
  assert.equal(expand?.['volumePath'], join(devicesOf(node), 'publish/pv/a'));
  assert.equal(expand?.['stagingTargetPath'], join(devicesOf(node), 'staging/pv'));
  assert.deepEqual(Object(expand?.['volumeCapability']).block, {});
  assert.deepEqual(Object(expand?.['capacityRange']).requiredBytes, 2n ** 31n);
  await kubelet.tearDown('a');
  await nothingIsLeft(node, ['a']);
});

for (const method of ['NodeStageVolume', 'NodePublishVolume', 'NodeUnpublishVolume']) {
  test(`a kubelet that was killed during ${method} leaves nothing of a block device`, async () => {
    await using node = await startStorageNode({ volume: block });
    const { driver } = node;
    const first = await node.kubelet();
    // The driver does its work; the kubelet never learns of it.
    driver.failNext(method, 'UNAVAILABLE', 'after its work');
    if (method === 'NodeUnpublishVolume') await first.setUp('a');
    await assert.rejects(method === 'NodeUnpublishVolume' ? first.tearDown('a') : first.setUp('a'));
    first.stop();
    const next = await node.kubelet();
    await next.tearDown('a');
    await nothingIsLeft(node, ['a']);
  });
}

test('a device whose pod has no folder any more is unpublished when the driver registers again', async () => {
  await using node = await startStorageNode({ volume: block });
  const first = await node.kubelet();
  await first.setUp('a');
  first.stop();
  rmSync(join(node.rootDir, 'pods/a'), { recursive: true });
  await node.kubelet();
  await nothingIsLeft(node, []);
});

test('a block device is in use until it is unstaged, also for the next kubelet', async () => {
  await using node = await startStorageNode({ volume: block });
  const first = await node.kubelet();
  await first.setUp('a');
  first.stop();
  node.api.set('csidrivers', driverName, Object.assign({ metadata: {} }, { spec: { attachRequired: true } }));
  const next = await node.kubelet();
  assert.deepEqual(next.inUse(), [`kubernetes.io/csi/${driverName}^h`]);
  await next.tearDown('a');
  await until('it is not in use', () => next.inUse()?.length === 0);
  await nothingIsLeft(node, ['a']);
});

test('a step that fails is named, and an attempt that has failed for good leaves nothing', async () => {
  await using node = await startStorageNode({ volume: block });
  const { driver } = node;
  const kubelet = await node.kubelet();
  driver.failNext('NodeStageVolume', 'INVALID_ARGUMENT');
  const failed = 'rpc error: code = InvalidArgument desc =';
  await assert.rejects(kubelet.setUp('a'), {
    name: 'MapError',
    reason: 'FailedMapVolume',
    message: `MapVolume.SetUpDevice failed for volume "pv" : ${failed} NodeStageVolume shall fail`,
  });
  assert.deepEqual(readdirSync(devicesOf(node)).sort(), ['staging']);
  driver.failNext('NodePublishVolume', 'INVALID_ARGUMENT');
  await assert.rejects(kubelet.setUp('a'), {
    message: `MapVolume.MapPodDevice failed for volume "pv" : ${failed} NodePublishVolume shall fail`,
  });
  await kubelet.tearDown('a');
  await nothingIsLeft(node, ['a']);
  assert.equal(driver.methodsOf('h').includes('NodeUnpublishVolume'), false);
});

for (const mode of ['Block', 'Filesystem'] as const) {
  test(`ReadWriteOncePod: a second pod does not get a volume with the volumeMode ${mode}`, async () => {
    await using node = await startStorageNode({
      volume: { volumeMode: mode, accessModes: ['ReadWriteOncePod'] },
    });
    const kubelet = await node.kubelet();
    await kubelet.setUp('a');
    await assert.rejects(
      kubelet.setUp('b'),
      /volume uses the ReadWriteOncePod access mode and is already in use by another pod$/,
    );
    await kubelet.tearDown('a');
    await kubelet.setUp('b');
    await kubelet.tearDown('b');
    await until('it is unstaged', () => node.driver.methodsOf('h').at(-1) === 'NodeUnstageVolume');
  });
}

test('a block device of the node', async () => {
  using stack = new DisposableStack();
  await using node = await startStorageNode({ volume: { ...block, local: { path: '/dev/no-disk' } } });
  const { api, events, rootDir, scratch } = node;
  const kubelet = await node.kubelet();
  await assert.rejects(kubelet.setUp('a'), {
    message:
      'MapVolume.EvalHostSymlinks failed for volume "pv" : lstat /dev/no-disk: no such file or directory',
  });
  const set = (spec: object) =>
    api.set(
      'persistentvolumes',
      'pv',
      Object.assign({ metadata: {} }, { spec: { claimRef: { uid: 'c' }, ...block, ...spec } }),
    );
  set({ local: { path: scratch } });
  await assert.rejects(kubelet.setUp('a'), {
    message: `MapVolume.MapBlockVolume failed for volume "pv" : path "${scratch}" is no block device, as the volumeMode Block requires`,
  });
  set({
    local: { path: scratch },
    nodeAffinity: {
      required: {
        nodeSelectorTerms: [{ matchExpressions: [{ key: 'rack', operator: 'In', values: ['r2'] }] }],
      },
    },
  });
  await assert.rejects(kubelet.setUp('a'), {
    reason: 'FailedMount',
    message: 'MapVolume.NodeAffinity check failed for volume "pv" : no matching NodeSelectorTerms',
  });
  set({ hostPath: { path: '/' } });
  await assert.rejects(kubelet.setUp('a'), /MapVolume\.FindMapperPluginBySpec failed/);

  const disk = join(scratch, 'disk');
  writeFileSync(disk, '');
  truncateSync(disk, 1024 * 1024);
  const device = attachLoopDevice(disk);
  stack.defer(() => detachLoopDevice(device));
  set({ local: { path: device } });
  events.lines.length = 0;
  const made = await kubelet.setUp('a');
  const link = join(rootDir, 'pods/a/volumeDevices/kubernetes.io~local-volume/pv');
  assert.deepEqual(made, { from: 'device', link, isReadOnly: false });
  const mapped = join(rootDir, 'plugins/kubernetes.io~local-volume/volumeDevices/pv/a');
  assert.equal(lstatSync(mapped).rdev, lstatSync(device).rdev);
  assert.equal(events.lines.length, 2);
  await until('its size is known', () => kubelet.stats('a').length > 0);
  const { capacityBytes, usedBytes } = kubelet.stats('a')[0] ?? {};
  assert.deepEqual([capacityBytes, usedBytes], [1024n * 1024n, 0n]);

  kubelet.stop();
  const next = await node.kubelet();
  await next.tearDown('a');
  assert.equal(existsSync(link) || existsSync(join(mapped, '..')), false);
  await next.setUp('b');
  next.stop();
  rmSync(join(rootDir, 'pods/b'), { recursive: true });
  await node.kubelet();
  await until('the device of a pod that has gone is unmapped', () => mountsBelow(rootDir).length === 0);
  await until(
    'nothing is attached to it',
    () => loopsOf(node).length === 1,
    () => loopsOf(node),
  );
});
