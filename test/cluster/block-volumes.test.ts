// Persistent volumes that are block devices, which pods have as such or by their file systems, with the real kubelet and with
// ours.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { lstatSync, readFileSync, readlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { attachLoopDevice, detachLoopDevice } from '@berth/linux/files/loop-device.ts';
import { mounts } from '@berth/linux/mounts/mount.ts';
import { testCluster } from '@berth/test-support/cluster/test-cluster.ts';
import { eventually, until } from '@berth/test-support/until.ts';
import { kubelets } from './kubelets.ts';
import { podIsReady } from './objects.ts';
import { bound, claim, podWith, podWithDevice, slowMs, VolumeNode } from './volume-parts.ts';

const cluster = await testCluster();
const { admin, kubectl } = cluster;
const mebibyte = 1024 * 1024;

/** An empty disk, whose content is a file. */
function makeDisk(file: string, size: number) {
  writeFileSync(file, '');
  truncateSync(file, size);
  const device = attachLoopDevice(file);
  return { file, device, [Symbol.dispose]: () => detachLoopDevice(device) };
}

const inPod = (pod: string, script: string): Promise<string> =>
  kubectl.run(['exec', pod, '--', 'sh', '-c', script]);

interface Events {
  items: { reason: string; message: string }[];
}

/** The messages of a pod's events with this reason. */
async function messagesOf(pod: string, reason: string): Promise<string[]> {
  const path = `/api/v1/namespaces/default/events?fieldSelector=involvedObject.name=${pod},reason=${reason}`;
  return ((await admin.find<Events>(path))?.items ?? []).map(({ message }) => message);
}

for (const kubelet of kubelets) {
  const volumes = new VolumeNode(cluster, kubelet);
  const { name, driverName } = volumes;
  const of = (what: string): string => volumes.of(what);
  const bindDevice = (volume: string, accessModes = ['ReadWriteOnce']): Promise<void> =>
    volumes.bind(volume, volumes.csi(volume), { volumeMode: 'Block', accessModes });

  test(`${kubelet} kubelet: its driver registers`, async () => {
    const { driver } = await volumes.parts();
    await kubectl.apply(volumes.driverObject({ podInfoOnMount: true }));
    await driver.start();
    await until('the driver is registered', () => driver.registrations.at(-1)?.pluginRegistered === true);
  });

  test(`${kubelet} kubelet: a pod reads and writes the block device of a driver, and all is undone`, async () => {
    const { node, driver } = await volumes.parts();
    const [volume, pod] = [of('disk'), of('writer')];
    await bindDevice(volume);
    await kubectl.apply(podWithDevice(name, pod, claim(volume)));
    const { metadata } = await podIsReady(cluster, pod);
    assert.equal(
      await inPod(pod, 'test -b /dev/disk && blockdev --getsize64 /dev/disk'),
      `${16 * mebibyte}\n`,
    );
    await inPod(pod, 'echo written > /dev/disk && sync');
    assert.equal(await inPod(pod, 'head -n 1 /dev/disk'), 'written\n');
    assert.equal(readFileSync(driver.disk(volume)).subarray(0, 8).toString(), 'written\n');

    const devices = join(node.rootDir, 'plugins/kubernetes.io/csi/volumeDevices');
    const published = join(devices, 'publish', volume, metadata.uid);
    const { method, request: stage } =
      driver.calls.find(({ request }) => request['volumeId'] === volume) ?? {};
    assert.equal(method, 'NodeStageVolume');
    assert.equal(stage?.['stagingTargetPath'], join(devices, 'staging', volume));
    const publish = driver.calls.findLast((call) => call.method === 'NodePublishVolume')?.request;
    assert.equal(publish?.['targetPath'], published);
    assert.equal(publish?.['stagingTargetPath'], stage?.['stagingTargetPath']);
    assert.deepEqual(Object(publish?.['volumeCapability']).block, {});
    assert.deepEqual(stage?.['volumeCapability'], publish?.['volumeCapability']);
    assert.equal(Object(publish?.['volumeContext'])['csi.storage.k8s.io/pod.name'], pod);
    const link = join(node.rootDir, 'pods', metadata.uid, 'volumeDevices/kubernetes.io~csi', volume);
    assert.equal(readlinkSync(link), published);
    assert.ok(lstatSync(join(devices, volume, 'dev', metadata.uid)).isBlockDevice());
    const data = JSON.parse(readFileSync(join(devices, volume, 'data/vol_data.json'), 'utf8'));
    const { attachmentID, ...others } = data;
    assert.match(attachmentID, /^csi-[0-9a-f]{64}$/);
    assert.deepEqual(others, { driverName, nodeName: name, specVolID: volume, volumeHandle: volume });
    const told = `MapVolume.MapPodDevice succeeded for volume "${volume}" `;
    const expected = [
      `globalMapPath "${join(devices, volume, 'dev')}"`,
      `volumeMapPath "${join(link, '..')}"`,
    ];
    await until('events tell of the device', async () => {
      const found = await messagesOf(pod, 'SuccessfulMountVolume');
      // The real kubelet tags messages with spaces at their ends.
      return expected.every((each) => found.some((message) => message.trim() === `${told}${each}`));
    });

    await volumes.remove(pod);
    await volumes.noDeviceIsLeft(volume);
    assert.deepEqual(driver.methodsOf(volume), [
      'NodeStageVolume',
      'NodePublishVolume',
      'NodeUnpublishVolume',
      'NodeUnstageVolume',
    ]);
    const count = 'storage_operation_duration_seconds_count';
    const metrics = (await admin.text(`/api/v1/nodes/${name}/proxy/metrics`)).split('\n');
    const counted = metrics.filter((line) => line.startsWith(count) && line.includes(`:${driverName}"`));
    for (const operation of ['map_volume', 'unmap_volume', 'unmap_device']) {
      assert.ok(
        counted.some((line) => line.includes(`operation_name="${operation}"`)),
        operation,
      );
    }
    assert.equal(readFileSync(driver.disk(volume)).subarray(0, 8).toString(), 'written\n');
  });

  test(`${kubelet} kubelet: a pod that has ended keeps no block device`, async () => {
    await volumes.parts();
    const volume = of('ended');
    await bindDevice(volume);
    await kubectl.apply(podWithDevice(name, volume, claim(volume), 'head -c 1 /dev/disk'));
    const path = `/api/v1/namespaces/default/pods/${volume}`;
    await until('the pod has ended', async () => {
      return (await admin.find<{ status: { phase: string } }>(path))?.status.phase === 'Succeeded';
    });
    await volumes.noDeviceIsLeft(volume);
    assert.notEqual(await admin.find(path), undefined);
    await volumes.remove(volume);
  });

  test(`${kubelet} kubelet: a pod that may only read a block device cannot write it`, async () => {
    const { driver } = await volumes.parts();
    const [volume, pod] = [of('read'), of('reader')];
    await bindDevice(volume);
    await kubectl.apply(
      podWithDevice(name, pod, { persistentVolumeClaim: { claimName: volume, readOnly: true } }),
    );
    await podIsReady(cluster, pod);
    assert.equal(driver.calls.at(-1)?.request['readonly'], true);
    await inPod(pod, 'head -c 1 /dev/disk');
    await assert.rejects(inPod(pod, 'echo written > /dev/disk'), /Operation not permitted/);
    await volumes.remove(pod);
    await volumes.noDeviceIsLeft(volume);
  });

  test(`${kubelet} kubelet: a block device that was made larger is expanded before its pod runs`, async () => {
    const { driver } = await volumes.parts();
    const volume = of('grows');
    await bindDevice(volume);
    const path = `/api/v1/namespaces/default/persistentvolumeclaims/${volume}`;
    // What the provisioner's controller does.
    const storage = '2Gi';
    await admin.patch(`/api/v1/persistentvolumes/${volume}`, { spec: { capacity: { storage } } }, 'merge');
    const allocatedResourceStatuses = { storage: 'NodeResizePending' };
    const status = { allocatedResources: { storage }, allocatedResourceStatuses };
    await admin.patch(`${path}/status`, { status }, 'merge');
    await kubectl.apply(podWithDevice(name, volume, claim(volume)));
    const { metadata } = await podIsReady(cluster, volume);
    const expand = driver.calls.find((call) => call.method === 'NodeExpandVolume')?.request;
    const publish = driver.calls.findLast((call) => call.method === 'NodePublishVolume')?.request;
    assert.equal(expand?.['volumePath'], publish?.['targetPath']);
    assert.equal(expand?.['stagingTargetPath'], publish?.['stagingTargetPath']);
    assert.deepEqual(expand?.['volumeCapability'], publish?.['volumeCapability']);
    assert.ok(String(expand?.['volumePath']).endsWith(metadata.uid));
    assert.equal(await inPod(volume, 'blockdev --getsize64 /dev/disk'), `${2048 * mebibyte}\n`);
    await until('the claim has the new size', async () => {
      const found = await admin.find<{ status: { capacity: { storage: string } } }>(path);
      return found?.status.capacity.storage === storage;
    });
    await volumes.remove(volume);
    await volumes.noDeviceIsLeft(volume);
  });

  test(`${kubelet} kubelet: of two pods, one has a block device with ReadWriteOncePod`, async () => {
    await volumes.parts();
    const [volume, one, two] = [of('single'), of('first'), of('second')];
    await bindDevice(volume, ['ReadWriteOncePod']);
    await kubectl.apply(podWithDevice(name, one, claim(volume)));
    await podIsReady(cluster, one);
    await kubectl.apply(podWithDevice(name, two, claim(volume)));
    const told = `MapVolume.SetUpDevice failed for volume "${volume}" : volume uses the ReadWriteOncePod access mode and is already in use by another pod`;
    let messages: string[] = [];
    await until(
      'the second is told why it waits',
      async () => {
        messages = await messagesOf(two, 'FailedMapVolume');
        return messages.includes(told);
      },
      () => messages,
      slowMs,
    );
    await volumes.remove(one);
    await podIsReady(cluster, two);
    await volumes.remove(two);
    await volumes.noDeviceIsLeft(volume);
  });

  test(`${kubelet} kubelet: a block device of the node is a persistent volume`, async () => {
    const { node } = await volumes.parts();
    const volume = of('local');
    using disk = makeDisk(join(volumes.scratch, volume), 4 * mebibyte);
    await kubectl.apply(...bound(volume, volumes.local(disk.device), { volumeMode: 'Block' }));
    await kubectl.apply(podWithDevice(name, volume, claim(volume)));
    const { metadata } = await podIsReady(cluster, volume);
    await inPod(volume, 'echo written > /dev/disk && sync');
    assert.equal(readFileSync(disk.file).subarray(0, 8).toString(), 'written\n');
    const link = join(node.rootDir, 'pods', metadata.uid, 'volumeDevices/kubernetes.io~local-volume', volume);
    assert.equal(readlinkSync(link), disk.device);
    const mapped = join(
      node.rootDir,
      'plugins/kubernetes.io~local-volume/volumeDevices',
      volume,
      metadata.uid,
    );
    assert.ok(lstatSync(mapped).isBlockDevice());
    const labels = `{namespace="default",persistentvolumeclaim="${volume}"}`;
    const series = ['capacity_bytes', 'used_bytes'].map((each) => `kubelet_volume_stats_${each}${labels}`);
    const values = async (): Promise<(number | undefined)[]> => {
      const lines = (await admin.text(`/api/v1/nodes/${name}/proxy/metrics`)).split('\n');
      const found = series.map((each) => lines.find((line) => line.startsWith(each)));
      return found.map((line) => (line === undefined ? undefined : Number(line.split(' ').at(-1))));
    };
    await until(
      'the metrics say how large it is',
      async () => (await values())[0] !== undefined,
      undefined,
      slowMs,
    );
    assert.deepEqual(await values(), [4 * mebibyte, 0]);
    await volumes.remove(volume);
    await volumes.noDeviceIsLeft(volume);
    assert.equal(readFileSync(disk.file).subarray(0, 8).toString(), 'written\n');
  });

  test(`${kubelet} kubelet: an empty disk of the node gets a file system, which pods share`, async () => {
    const { node } = await volumes.parts();
    const volume = of('formatted');
    const [one, two] = [of('one'), of('two')];
    using disk = makeDisk(join(volumes.scratch, volume), 64 * mebibyte);
    await volumes.bind(volume, { ...volumes.local(disk.device), mountOptions: ['noatime'] });
    await kubectl.apply(podWith(name, one, claim(volume), { securityContext: { fsGroup: 99 } }));
    await podIsReady(cluster, one);
    await inPod(one, 'echo written > /v/file');
    assert.match(
      await inPod(one, 'ls -ln /v/file; grep " /v " /proc/mounts'),
      / 99 .*\n\S+ \/v ext4 rw,noatime/,
    );
    const global = join(node.rootDir, 'plugins/kubernetes.io/local-volume/mounts', volume);
    const found = mounts().find(({ mountPoint }) => mountPoint === global);
    assert.deepEqual([found?.fstype, found?.source], ['ext4', disk.device]);

    const readOnly = { persistentVolumeClaim: { claimName: volume, readOnly: true } };
    await kubectl.apply(podWith(name, two, readOnly, { securityContext: { fsGroup: 7 } }));
    await podIsReady(cluster, two);
    assert.equal(await inPod(two, 'cat /v/file'), 'written\n');
    await assert.rejects(inPod(two, 'echo x > /v/other'), /Read-only file system/);
    const told = `The requested fsGroup is 7, but the volume ${volume} has GID 99. The volume may not be shareable.`;
    await until('the second is told of the group', async () => {
      return (await messagesOf(two, 'AlreadyMountedVolume')).includes(told);
    });

    await volumes.remove(one);
    await node.kubelet.restart();
    await podIsReady(cluster, two);
    await eventually(async () => assert.equal(await inPod(two, 'cat /v/file'), 'written\n'));
    await volumes.remove(two);
    await volumes.noDeviceIsLeft(volume);
  });

  test(`${kubelet} kubelet: a volume is told of a disk of the node with another file system`, async () => {
    const { node } = await volumes.parts();
    const volume = of('swap');
    using disk = makeDisk(join(volumes.scratch, volume), 16 * mebibyte);
    execFileSync('mkswap', [disk.device], { stdio: 'ignore' });
    await volumes.bind(volume, volumes.local(disk.device));
    const pod = of('no-swap');
    await kubectl.apply(podWith(name, pod, claim(volume)));
    const global = join(node.rootDir, 'plugins/kubernetes.io/local-volume/mounts', volume);
    const failed = `local: failed to mount device ${disk.device} at ${global} (fstype: ext4), error mount failed: exit status 32\nMounting command: mount\nMounting arguments:  -t ext4 -o defaults ${disk.device} ${global}\nOutput: `;
    for (const [object, reason, text] of [
      [volume, 'FailedMountOnFilesystemMismatch', `MountVolume failed for volume "${volume}" ${failed}`],
      [pod, 'FailedMount', `MountVolume.MountDevice failed for volume "${volume}" : ${failed}`],
    ] as const) {
      let messages: string[] = [];
      await until(
        `${object} is told`,
        async () => {
          messages = await messagesOf(object, reason);
          return messages.some((message) => message.startsWith(text));
        },
        () => [text, messages],
        slowMs,
      );
    }
    await volumes.remove(pod);
    await volumes.noDeviceIsLeft(volume);
  });

  test(`${kubelet} kubelet: the next kubelet goes on with a block device that a pod has`, async () => {
    const { node, driver } = await volumes.parts();
    const volume = of('kept');
    await bindDevice(volume);
    await kubectl.apply(podWithDevice(name, volume, claim(volume)));
    await podIsReady(cluster, volume);
    await inPod(volume, 'echo written > /dev/disk && sync');
    await node.kubelet.restart();
    await podIsReady(cluster, volume);
    // The real kubelet does not know its pods before its first look at the API server.
    await eventually(async () => assert.equal(await inPod(volume, 'head -n 1 /dev/disk'), 'written\n'));
    await volumes.remove(volume);
    await volumes.noDeviceIsLeft(volume);
    assert.equal(driver.methodsOf(volume).at(-1), 'NodeUnstageVolume');
  });
}
