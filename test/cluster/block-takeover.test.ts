// The block device of a pod whose kubelet is replaced: ours by the real one, and the other way round.
import { test } from 'node:test';
import { bindMount } from '@berth/linux/mounts/mount.ts';
import { startNode } from '@berth/test-support/cluster/node.ts';
import { testCluster } from '@berth/test-support/cluster/test-cluster.ts';
import { until } from '@berth/test-support/until.ts';
import { kubelets } from './kubelets.ts';
import { podIsReady } from './objects.ts';
import { claim, podWithDevice, slowMs, VolumeNode } from './volume-parts.ts';

const cluster = await testCluster();
const { kubectl } = cluster;

for (const next of kubelets) {
  const former = next === 'ours' ? 'real' : 'ours';
  const volumes = new VolumeNode(cluster, former);

  test(`${next} kubelet: leaves nothing of the block device of a pod that the ${former} one has started`, async () => {
    const { node, driver } = await volumes.parts();
    const { name } = volumes;
    const volume = volumes.of('taken');
    // As where systemd has made / shared. The real kubelet does this to its root otherwise, over the mounts of ours.
    if (former === 'ours') bindMount(node.rootDir, node.rootDir, { propagation: 'rshared' });
    await kubectl.apply(volumes.driverObject());
    await driver.start();
    await volumes.bind(volume, volumes.csi(volume), { volumeMode: 'Block' });
    await kubectl.apply(podWithDevice(name, volume, claim(volume)));
    await podIsReady(cluster, volume);
    await node.kubelet.stop('SIGKILL');
    await kubectl.run(['delete', 'pod', volume, '--wait=false']);
    await using _other = await startNode({ cluster, name, kubelet: next, on: node.runtime });
    await volumes.remove(volume);
    await until(
      'the volume is unstaged',
      () => driver.methodsOf(volume).at(-1) === 'NodeUnstageVolume',
      () => driver.methodsOf(volume),
      slowMs,
    );
    await volumes.noDeviceIsLeft(volume);
  });
}
