// The volumes of a driver that serves on a real socket, without a cluster: what is asked of the driver, and what each kubelet
// of a row leaves and takes over.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isMountPoint } from '@berth/linux/mounts/mount.ts';
import { CsiTestDriver } from '@berth/test-support/csi-driver.ts';
import { scratchDir } from '@berth/test-support/scratch.ts';
import { until } from '@berth/test-support/until.ts';
import { MetricsRegistry } from '../metrics/registry.ts';
import { VolumeMetrics } from '../metrics/volume-metrics.ts';
import { FakeApi } from '../testing/fake-api.ts';
import { idleHandler } from '../testing/plugin-handler.ts';
import { testPod } from '../testing/pod.ts';
import type { VolumePlugin } from '../volumes/plugin.ts';
import { ClusterStorage } from './cluster-storage.ts';

const driverName = 'test.berth.dev';
const stages = 1;
const pod = (uid: string) =>
  testPod(
    {
      containers: [{ name: 'main', volumeMounts: [{ name: 'v', mountPath: '/v' }] }],
      volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'c' } }],
    },
    { uid, name: uid },
  );

/** A node with its driver, and an API server that has a claim. */
async function startNode() {
  await using resources = new AsyncDisposableStack();
  const scratch = resources.use(scratchDir('csi-volumes'));
  const rootDir = join(scratch.path, 'k');
  const api = new FakeApi();
  api.set('nodes', 'node', { metadata: { name: 'node', uid: 'n' } });
  api.set('csidrivers', driverName, Object.assign({ metadata: {} }, { spec: { attachRequired: false } }));
  api.set('persistentvolumeclaims', 'c', claim());
  api.set('persistentvolumes', 'pv', volume());
  const driver = resources.use(
    new CsiTestDriver({
      name: driverName,
      rootDir,
      volumesDir: join(scratch.path, 'v'),
      capabilities: [stages],
    }),
  );
  await driver.start();
  const owned = resources.move();
  /** Another kubelet, as after one was killed. */
  const kubelet = async () => {
    const storage = new ClusterStorage({
      client: api.client,
      options: { rootDir, nodeName: 'node' },
      tokens: { issuedToken: async () => ({ token: 't', expirationTimestamp: '2026-01-02T03:04:05Z' }) },
      metrics: new VolumeMetrics(new MetricsRegistry()),
      events: { record: () => {} },
      devicePlugins: idleHandler,
      node: () => ({ metadata: { name: 'node', uid: 'n' } }),
      reportNode: () => {},
      onVolumes: () => {},
    });
    owned.defer(() => storage.stop());
    const registrations = driver.registrations.length;
    storage.start();
    await until('the driver is registered', () => driver.registrations.length > registrations);
    const plugins = storage.volumePlugins({ mount: async () => assert.fail('there is no iSCSI here') });
    const plugin = (kind: VolumePlugin['kind']): VolumePlugin => {
      const found = plugins.find((each) => each.kind === kind);
      assert.ok(found);
      return found;
    };
    return {
      setUp: async (uid: string) => {
        const [spec] = pod(uid).spec.volumes ?? [];
        assert.ok(spec);
        return await plugin('persistentVolumeClaim').setUp(pod(uid), spec, new AbortController().signal);
      },
      tearDown: async (uid: string) => await plugin('csi').unmount?.(join(rootDir, 'pods', uid)),
      stop: () => storage.stop(),
    };
  };
  return { kubelet, driver, api, rootDir, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

const claim = () =>
  Object.assign(
    { metadata: { namespace: 'default', uid: 'c' } },
    { spec: { volumeName: 'pv' }, status: { phase: 'Bound' } },
  );
const volume = () =>
  Object.assign(
    { metadata: {} },
    { spec: { claimRef: { uid: 'c' }, csi: { driver: driverName, volumeHandle: 'h' } } },
  );

test('two pods of a node share a volume that is staged once, and unstaged after both', async () => {
  await using node = await startNode();
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
  await using node = await startNode();
  const { driver } = node;
  const first = await node.kubelet();
  await first.setUp('a');
  first.stop();
  const next = await node.kubelet();
  await next.tearDown('a');
  await until('it is unstaged', () => driver.methodsOf('h').at(-1) === 'NodeUnstageVolume');
});

test('what a kubelet has staged, and published for no pod, is unstaged when the driver registers again', async () => {
  await using node = await startNode();
  const { driver } = node;
  const first = await node.kubelet();
  driver.failNext('NodePublishVolume', 'INVALID_ARGUMENT');
  await assert.rejects(first.setUp('a'), /NodePublishVolume shall fail/);
  first.stop();
  await node.kubelet();
  await until('it is unstaged', () => driver.methodsOf('h').at(-1) === 'NodeUnstageVolume');
});

test('a volume that cannot be unpublished stays staged', async () => {
  await using node = await startNode();
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
  await using node = await startNode();
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
