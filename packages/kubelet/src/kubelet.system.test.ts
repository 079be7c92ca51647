// The kubelet is killed at any moment of a pod's life, and the next one goes on as if nothing had been.

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { detectCgroups } from '@berth/linux/cgroups/detect.ts';
import { mount, mountsBelow } from '@berth/linux/mounts/mount.ts';
import { testImage } from '@berth/test-support/pods.ts';
import { checkout, type Daemon, startDaemon } from '@berth/test-support/scratch.ts';
import { until } from '@berth/test-support/until.ts';
import { PodCgroups } from './cgroups/pod-cgroups.ts';
import {
  forever,
  shellPod,
  startTestNode,
  type TestNode,
  untilGone,
  untilRunning,
  untilStatus,
} from './testing/node.ts';

const kills = 25;
const port = 21_255;

let node: TestNode;
let manifests: string;

before(async () => {
  node = await startTestNode('berthd');
  manifests = join(node.dir, 'manifests');
  mkdirSync(manifests);
});
after(() => node[Symbol.asyncDispose]());

function startKubelet(ready: () => Promise<boolean>): Promise<Daemon> {
  const config = join(node.dir, 'kubelet.yaml');
  writeFileSync(
    config,
    [
      'apiVersion: kubelet.config.k8s.io/v1beta1',
      'kind: KubeletConfiguration',
      `containerRuntimeEndpoint: unix://${node.options.containerRuntimeEndpoint}`,
      `staticPodPath: ${manifests}`,
      `podLogsDir: ${node.options.podLogsDir}`,
      `cgroupRoot: ${node.options.cgroupRoot}`,
      `readOnlyPort: ${port}`,
      'healthzPort: 0',
    ].join('\n'),
  );
  return startDaemon({
    name: 'kubelet',
    argv: [
      join(checkout, 'bin/kubelet'),
      `--config=${config}`,
      `--root-dir=${node.options.rootDir}`,
      '--hostname-override=node',
    ],
    env: { BERTH_FROM_SOURCE: '1' },
    dir: node.dir,
    ready,
  });
}

const alive = async () => true;
const healthy = async () => (await fetch(`http://127.0.0.1:${port}/healthz`)).ok;

function writeManifest(name: string): void {
  const container = { name: 'main', image: testImage, command: ['/bin/sh', '-c', forever] };
  const spec = {
    terminationGracePeriodSeconds: 1,
    initContainers: [{ ...container, name: 'init', command: ['/bin/true'] }],
    containers: [{ ...container, volumeMounts: [{ name: 'm', mountPath: '/m' }] }],
    volumes: [{ name: 'm', emptyDir: { medium: 'Memory' } }],
  };
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec };
  writeFileSync(join(manifests, `${name}.json`), JSON.stringify(pod));
}

async function runtimeState() {
  const { items } = await node.cri.runtime.listPodSandbox({});
  const { containers } = await node.cri.runtime.listContainers({});
  return { items, containers };
}

test(`${kills} kills while pods come and go leave what is wanted and nothing else`, async () => {
  writeManifest('steady');
  const first = await startKubelet(healthy);
  const idOfSteady = async () =>
    (await runtimeState()).containers.find(
      (each) => each.metadata?.name === 'main' && each.labels['io.kubernetes.pod.name']?.startsWith('steady'),
    );
  const steady = await until('the steady pod runs', async () => {
    const found = await idOfSteady();
    return found?.state === 1 ? found : undefined;
  });
  await first.stop('SIGKILL');
  for (let kill = 0; kill < kills; kill++) {
    const name = `pod${kill % 3}`;
    if (existsSync(join(manifests, `${name}.json`))) rmSync(join(manifests, `${name}.json`));
    else writeManifest(name);
    const kubelet = await startKubelet(alive);
    // From before it reads the manifests until after the pod is up.
    await sleep(250 + ((kill * 97) % 1100));
    await kubelet.stop('SIGKILL');
  }
  for (const each of ['pod0', 'pod1', 'pod2']) rmSync(join(manifests, `${each}.json`), { force: true });
  const last = await startKubelet(healthy);
  await until(
    'only the steady pod is left',
    async () => (await runtimeState()).items.length === 1,
    runtimeState,
  );
  await until('its folder too', () => readdirSync(join(node.options.rootDir, 'pods')).length === 1);
  const same = await idOfSteady();
  assert.equal(same?.id, steady.id, 'the steady pod was never restarted');
  rmSync(join(manifests, 'steady.json'));
  await until(
    'nothing is left',
    async () => {
      const { items, containers } = await runtimeState();
      return items.length + containers.length === 0;
    },
    runtimeState,
  );
  await until('no folder is left', () => readdirSync(join(node.options.rootDir, 'pods')).length === 0);
  await last.stop();
  assert.deepEqual(mountsBelow(node.options.rootDir), []);
  assert.deepEqual(readdirSync(node.options.podLogsDir), []);
  assert.deepEqual(readdirSync(join(node.options.podLogsDir, '../containers')), []);
  assert.deepEqual([...new PodCgroups(detectCgroups(), node.options).pods()], []);
});

test('a kubelet adopts pods as they are, with what happened meanwhile', async () => {
  const [kept, ended, dropped] = [
    shellPod('kept', forever),
    shellPod('ended', 'sleep 1; exit 5', { restartPolicy: 'Never' }),
    shellPod('dropped', forever),
  ];
  const first = node.kubelet();
  first.setPods([kept, ended, dropped]);
  const before = await untilRunning(first, kept);
  await untilRunning(first, dropped);
  await until('it started', () =>
    first
      .pods()
      .some((pod) => pod.metadata.name === 'ended' && pod.status.containerStatuses?.[0]?.containerID),
  );
  await first.stop();
  await until('it ends while no kubelet looks', async () => {
    const { containers } = await node.cri.runtime.listContainers({ filter: { state: { state: 2 } } });
    return containers.some((each) => each.labels['io.kubernetes.pod.name'] === 'ended');
  });
  const second = node.kubelet();
  second.setPods([kept, ended]);
  const after = await untilRunning(second, kept);
  assert.equal(after.containerStatuses?.[0]?.containerID, before.containerStatuses?.[0]?.containerID);
  assert.equal(after.containerStatuses?.[0]?.restartCount, 0);
  await until('the end is known', () =>
    second
      .pods()
      .some(
        (pod) =>
          pod.status.phase === 'Failed' &&
          pod.status.containerStatuses?.[0]?.state?.terminated?.exitCode === 5,
      ),
  );
  await until('the dropped pod is gone', async () =>
    (await runtimeState()).items.every((each) => each.metadata?.name !== 'dropped'),
  );
  second.setPods([]);
  await untilGone(second, kept);
  await untilGone(second, ended);
  await second.stop();
});

test('the runtime is killed under the kubelet and comes back', async () => {
  const [kept, crashed, late] = [
    shellPod('kept', forever),
    shellPod('crashed', 'sleep 2; exit 3', { restartPolicy: 'Never' }),
    shellPod('late', forever),
  ];
  const kubelet = node.kubelet();
  kubelet.setPods([kept, crashed]);
  const before = await untilRunning(kubelet, kept);
  await untilRunning(kubelet, crashed);
  await node.restartRuntime(async () => {
    await until('the kubelet sees it', () => !kubelet.runtimeReady());
    kubelet.setPods([kept, crashed, late]);
    // Long enough for a few tries of the kubelet, which must not give up.
    await sleep(2000);
  });
  await untilRunning(kubelet, late);
  const after = await untilRunning(kubelet, kept);
  assert.equal(after.containerStatuses?.[0]?.containerID, before.containerStatuses?.[0]?.containerID);
  await untilStatus(kubelet, crashed, 'failed', ({ phase }) => phase === 'Failed');
  assert.ok(kubelet.runtimeReady());
  kubelet.setPods([]);
  for (const pod of [kept, crashed, late]) await untilGone(kubelet, pod);
  await kubelet.stop();
});

test('what is left of a pod that the runtime has forgotten goes: folder, mounts, logs, cgroup', async () => {
  const { rootDir, podLogsDir, cgroupRoot } = node.options;
  const volume = join(rootDir, 'pods/gone-uid/volumes/kubernetes.io~empty-dir/m');
  mkdirSync(volume, { recursive: true });
  mount({ source: 'tmpfs', target: volume, fstype: 'tmpfs' });
  mkdirSync(join(podLogsDir, 'default_gone_gone-uid/main'), { recursive: true });
  const cgroups = detectCgroups();
  cgroups.create(`${cgroupRoot}/kubepods/burstable/podgone-uid`);
  cgroups.create(`${cgroupRoot}/kubepods/besteffort/podother-uid`);
  const kubelet = node.kubelet();
  kubelet.setPods([]);
  await until('the folder is gone', () => !existsSync(join(rootDir, 'pods/gone-uid')));
  await until('the cgroups are gone', () => new PodCgroups(cgroups, node.options).pods().size === 0);
  assert.deepEqual(mountsBelow(rootDir), []);
  assert.equal(existsSync(join(podLogsDir, 'default_gone_gone-uid')), false);
  await kubelet.stop();
});
