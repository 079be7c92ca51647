// SELinux labels of volumes of a driver that serves on a real socket, on a node that is said to have SELinux: what the driver
// is asked for, who waits for whom, and what the next kubelet knows. No file has a label here.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { CsiTestDriver } from '@berth/test-support/csi-driver.ts';
import { until } from '@berth/test-support/until.ts';
import type { PodSecurityContext } from '../api/pod.ts';
import { withSelinux } from '../testing/selinux.ts';
import { driverName, type StorageNodeOptions, startStorageNode } from '../testing/storage-node.ts';
import type { CsiDriverObject } from '../volumes/csi/csi-driver-object.ts';
import { sha256 } from '../volumes/csi/csi-volume.ts';

const accessModes = ['ReadWriteMany'];
const file = 'system_u:object_r:container_file_t';
const withLevel = (level: string): PodSecurityContext => ({ seLinuxOptions: { level } });
const [first, second] = [withLevel('s0:c1,c2'), withLevel('s0:c3,c4')];
const flag = (level: string): string => `context="${file}:${level}"`;
const volumeName = `kubernetes.io/csi/${driverName}^h`;
const refused = 'Unable to attach or mount volumes: unmounted volumes=[v], unattached volumes=[], failed to';
const conflict = `conflicting SELinux labels of volume pv: "${file}:s0:c1,c2" and "${file}:s0:c3,c4"`;
const waits = `waiting for unmount of volume "${volumeName}", because it is already mounted to a different pod with a different SELinux label`;

function startNode(options: StorageNodeOptions = {}) {
  return startStorageNode({
    selinux: withSelinux,
    driverSpec: { seLinuxMount: true },
    volume: { accessModes, mountOptions: ['noatime'] },
    ...options,
  });
}

/** What was mounted with which flags. */
function flagsOf({ calls }: CsiTestDriver): string[] {
  return calls.flatMap(({ method, request }) => {
    const capability = request['volumeCapability'] as { mount?: { mountFlags: string[] } } | undefined;
    return capability?.mount ? [`${method} ${capability.mount.mountFlags.join(' ')}`] : [];
  });
}

function noted(rootDir: string, uid: string): unknown[] {
  const staged = join(rootDir, 'plugins/kubernetes.io/csi', driverName, sha256('h'));
  const published = join(rootDir, 'pods', uid, 'volumes/kubernetes.io~csi/pv');
  return [staged, published].map(
    (folder) => JSON.parse(readFileSync(join(folder, 'vol_data.json'), 'utf8')).seLinuxMountContext,
  );
}

test('a volume is mounted with the label of its pod, and not relabelled', async () => {
  await using node = await startNode();
  const kubelet = await node.kubelet();
  const made = await kubelet.round('a', first);
  assert.ok(made?.from === 'node' && !made.isRelabelled);
  assert.deepEqual(flagsOf(node.driver), [
    `NodeStageVolume noatime ${flag('s0:c1,c2')}`,
    `NodePublishVolume noatime ${flag('s0:c1,c2')}`,
  ]);
  assert.deepEqual(noted(node.rootDir, 'a'), [`${file}:s0:c1,c2`, `${file}:s0:c1,c2`]);
  const counted = `{access_mode="RWX",volume_plugin="kubernetes.io/csi/${driverName}"} 1`;
  assert.ok(
    (await kubelet.metrics()).includes(`volume_manager_selinux_volumes_admitted_total${counted}`),
    await kubelet.metrics(),
  );
  await kubelet.endLast('a');
});

const without: [string, StorageNodeOptions, PodSecurityContext][] = [
  ['a driver that does not know how', { driverSpec: {} }, first],
  ['a pod that wants its volumes relabelled', {}, { ...first, seLinuxChangePolicy: 'Recursive' }],
  ['a pod without a level', {}, { seLinuxOptions: { type: 't' } }],
];
for (const [name, options, securityContext] of without) {
  test(`no label for ${name}`, async () => {
    await using node = await startNode(options);
    const kubelet = await node.kubelet();
    await kubelet.round('a', securityContext);
    assert.deepEqual(flagsOf(node.driver), ['NodeStageVolume noatime', 'NodePublishVolume noatime']);
    assert.deepEqual(noted(node.rootDir, 'a'), [undefined, undefined]);
    await kubelet.endLast('a');
  });
}

test('a second pod with the same label shares the volume, one with another label waits until it is unstaged', async () => {
  await using node = await startNode();
  const { driver, events } = node;
  const kubelet = await node.kubelet();
  await kubelet.round('a', first);
  await kubelet.round('b', first);
  const message = `${refused} process volumes=[v]: ${conflict}`;
  await assert.rejects(kubelet.round('c', second), { message });
  assert.deepEqual(events.lines, [`Warning FailedMount default/c: ${message}`]);
  await kubelet.end('a');
  await assert.rejects(kubelet.round('c', second), { message });
  // The pod that waits holds nothing.
  await kubelet.end('b');
  await until('the pod that waits is woken', () => kubelet.woken.includes('c'));
  assert.equal(driver.methodsOf('h').at(-1), 'NodeUnstageVolume');
  await kubelet.round('c', second);
  assert.deepEqual(flagsOf(driver).slice(-2), [
    `NodeStageVolume noatime ${flag('s0:c3,c4')}`,
    `NodePublishVolume noatime ${flag('s0:c3,c4')}`,
  ]);
  await kubelet.endLast('c');
});

test('a volume that is being unmounted is waited for', async () => {
  await using node = await startNode();
  const { driver, events } = node;
  const kubelet = await node.kubelet();
  await kubelet.round('a', first);
  const answer = driver.hold('NodeUnpublishVolume');
  const ended = kubelet.end('a');
  await until('it is being unpublished', () => driver.methodsOf('h').at(-1) === 'NodeUnpublishVolume');
  const message = `${refused} process volumes=[]: ${waits}`;
  await assert.rejects(kubelet.round('b', second), { message });
  assert.deepEqual(events.lines, [`Warning FailedMount default/b: ${message}`]);
  answer();
  await ended;
  await until('the pod that waits is woken', () => kubelet.woken.includes('b'));
  await kubelet.round('b', second);
  await kubelet.endLast('b');
});

test('a kubelet that was killed knows the label, whichever pod comes first', async () => {
  await using node = await startNode();
  const { driver } = node;
  const killed = await node.kubelet();
  await killed.round('a', first);
  killed.stop();
  const kubelet = await node.kubelet();
  const message = `${refused} process volumes=[]: ${waits}`;
  await assert.rejects(kubelet.round('b', second), { message });
  await kubelet.round('a', first);
  assert.equal(flagsOf(driver).at(-1), `NodePublishVolume noatime ${flag('s0:c1,c2')}`);
  await kubelet.end('a');
  await until('the pod that waits is woken', () => kubelet.woken.includes('b'));
  await kubelet.round('b', second);
  await kubelet.endLast('b');
});

test('a pod keeps the label that an earlier kubelet has given it', async () => {
  await using node = await startNode();
  const killed = await node.kubelet();
  await killed.round('a', first);
  killed.stop();
  const object: CsiDriverObject = { spec: { attachRequired: false, seLinuxMount: false } };
  node.api.set('csidrivers', driverName, { metadata: {}, ...object });
  const kubelet = await node.kubelet();
  await kubelet.round('a', first);
  assert.equal(flagsOf(node.driver).at(-1), `NodePublishVolume noatime ${flag('s0:c1,c2')}`);
  await kubelet.endLast('a');
});

test('a volume that a killed kubelet has left staged is unstaged before another label', async () => {
  await using node = await startNode();
  const { driver } = node;
  const killed = await node.kubelet();
  driver.failNext('NodePublishVolume', 'INVALID_ARGUMENT');
  await assert.rejects(killed.round('a', first));
  killed.stop();
  driver.failNext('NodeUnstageVolume', 'INTERNAL');
  const kubelet = await node.kubelet();
  const made = async () => {
    try {
      return await kubelet.round('b', second);
    } catch {
      return undefined;
    }
  };
  await until('it is mounted', async () => (await made()) !== undefined);
  assert.deepEqual(flagsOf(driver).slice(-2), [
    `NodeStageVolume noatime ${flag('s0:c3,c4')}`,
    `NodePublishVolume noatime ${flag('s0:c3,c4')}`,
  ]);
  await kubelet.endLast('b');
});

test('a driver that stages nothing', async () => {
  await using node = await startNode({ capabilities: [] });
  const { driver } = node;
  const kubelet = await node.kubelet();
  await kubelet.round('a', first);
  await assert.rejects(kubelet.round('b', second), {
    message: `${refused} process volumes=[v]: ${conflict}`,
  });
  await kubelet.end('a');
  await until('the pod that waits is woken', () => kubelet.woken.includes('b'));
  await kubelet.round('b', second);
  assert.deepEqual(flagsOf(driver), [
    `NodePublishVolume noatime ${flag('s0:c1,c2')}`,
    `NodePublishVolume noatime ${flag('s0:c3,c4')}`,
  ]);
  await kubelet.endLast('b');
});

test('two labels in one pod', async () => {
  await using node = await startNode();
  const kubelet = await node.kubelet();
  const labels = `${file}:s0:c1,c2,${file}:s0:c3,c4`;
  const message = `${refused} process volumes=[v]: multiple SELinux labels found: ${labels}`;
  await assert.rejects(kubelet.round('a', first, [{}, second]), { message });
  const counted = 'volume_manager_selinux_pod_context_mismatch_errors_total{access_mode="RWX"} 1';
  assert.ok((await kubelet.metrics()).includes(counted));
  assert.deepEqual(node.driver.calls, []);
  await kubelet.endLast('a');
});
