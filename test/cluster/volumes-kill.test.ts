// What is left of the volumes of a CSI driver when the kubelet is killed during each of its calls: nothing.
import { test } from 'node:test';
import { testCluster } from '@berth/test-support/cluster/test-cluster.ts';
import { until } from '@berth/test-support/until.ts';
import { kubelets } from './kubelets.ts';
import { podIsReady } from './objects.ts';
import { claim, podWith, podWithDevice, slowMs, VolumeNode } from './volume-parts.ts';

const cluster = await testCluster();
const { kubectl } = cluster;

for (const kubelet of kubelets) {
  const volumes = new VolumeNode(cluster, kubelet);
  const { name } = volumes;
  const of = (what: string): string => volumes.of(what);

  test(`${kubelet} kubelet: its driver registers`, async () => {
    const { driver } = await volumes.parts();
    await kubectl.apply(volumes.driverObject());
    await driver.start();
    await until('the driver is registered', () => driver.registrations.at(-1)?.pluginRegistered === true);
  });

  const methods = ['NodeStageVolume', 'NodePublishVolume', 'NodeUnpublishVolume', 'NodeUnstageVolume'];
  const cases = (['Filesystem', 'Block'] as const).flatMap((volumeMode) =>
    methods.map((method) => ({ volumeMode, method })),
  );
  for (const { volumeMode, method } of cases) {
    const goesUp = !method.startsWith('NodeUn');
    const forgets = kubelet === 'real' && volumeMode === 'Block' && !goesUp;
    const why = forgets ? ' (not the real one, which finds no device whose link it has removed)' : '';
    const what = `${kubelet} kubelet: killed during ${method} (${volumeMode})`;
    test(`${what}, the next one goes on and leaves nothing${why}`, { skip: forgets }, async () => {
      const { node, driver } = await volumes.parts();
      const volume = `${of('killed')}-${method.toLowerCase()}-${volumeMode.toLowerCase()}`;
      await volumes.bind(volume, volumes.csi(volume), { volumeMode });
      const isCalled = () => driver.methodsOf(volume).includes(method);
      const release = goesUp ? driver.hold(method) : () => {};
      const pod = volumeMode === 'Block' ? podWithDevice : podWith;
      await kubectl.apply(pod(name, volume, claim(volume)));
      if (goesUp) {
        await until(`${method} is called`, isCalled);
        await node.kubelet.restart();
        release();
      }
      await podIsReady(cluster, volume);
      const letGo = goesUp ? () => {} : driver.hold(method);
      await kubectl.run(['delete', 'pod', volume, '--wait=false']);
      if (!goesUp) {
        await until(`${method} is called`, isCalled, undefined, slowMs);
        await node.kubelet.restart();
        letGo();
      }
      await volumes.remove(volume);
      await until(
        'the volume is unstaged',
        () => driver.methodsOf(volume).at(-1) === 'NodeUnstageVolume',
        () => driver.methodsOf(volume),
        slowMs,
      );
      await volumes.nothingIsMounted();
      await volumes.noDeviceIsLeft(volume);
    });
  }
}
