// A node with a CSI driver on a real socket, and an API server in memory that has one claim, for tests of volumes.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { CsiTestDriver } from '@berth/test-support/csi-driver.ts';
import { scratchDir } from '@berth/test-support/scratch.ts';
import { until } from '@berth/test-support/until.ts';
import type { PersistentVolumeSpec } from 'kubernetes-types/core/v1.d.ts';
import { MetricsRegistry } from '../metrics/registry.ts';
import { VolumeMetrics } from '../metrics/volume-metrics.ts';
import { ClusterStorage } from '../storage/cluster-storage.ts';
import { FakeApi } from './fake-api.ts';
import { NotedEvents } from './noted-events.ts';
import { idleHandler } from './plugin-handler.ts';
import { testPod } from './pod.ts';

export const driverName = 'test.berth.dev';
const can = { stage: 1, stats: 2, expand: 3 } as const;

/** What differs from a claim whose volume is a file system of the driver, with the handle `h`. */
export interface StorageNodeOptions {
  /** Of the persistent volume `pv`. */
  volume?: PersistentVolumeSpec;
  /** Of the claim `c`. */
  claimStatus?: object;
}

/** A pod with the volume `v`, which its container uses as a file system or as a device. */
function podWith(uid: string, uses: object) {
  const volumes = [{ name: 'v', persistentVolumeClaim: { claimName: 'c' } }];
  return testPod({ containers: [{ name: 'main', ...uses }], volumes }, { uid, name: uid });
}

/** Starts the driver; each of `kubelet()` is another kubelet, as after one was killed. */
export async function startStorageNode({ volume = {}, claimStatus = {} }: StorageNodeOptions = {}) {
  await using resources = new AsyncDisposableStack();
  const scratch = resources.use(scratchDir('csi-volumes'));
  const rootDir = join(scratch.path, 'k');
  const api = new FakeApi();
  const uses =
    volume.volumeMode === 'Block'
      ? { volumeDevices: [{ name: 'v', devicePath: '/dev/v' }] }
      : { volumeMounts: [{ name: 'v', mountPath: '/v' }] };
  const csi = volume.local ? undefined : { driver: driverName, volumeHandle: 'h' };
  set(api, 'nodes', 'node', { metadata: { uid: 'n' } });
  set(api, 'csidrivers', driverName, { spec: { attachRequired: false } });
  set(api, 'persistentvolumeclaims', 'c', {
    metadata: { namespace: 'default', uid: 'c' },
    spec: { volumeName: 'pv' },
    status: { phase: 'Bound', ...claimStatus },
  });
  set(api, 'persistentvolumes', 'pv', { spec: { claimRef: { uid: 'c' }, csi, ...volume } });
  const driver = resources.use(
    new CsiTestDriver({
      name: driverName,
      rootDir,
      volumesDir: join(scratch.path, 'v'),
      capabilities: [can.stage, can.stats, can.expand],
    }),
  );
  await driver.start();
  const owned = resources.move();
  const events = new NotedEvents();
  const kubelet = async () => {
    const storage = new ClusterStorage({
      client: api.client,
      options: { rootDir, nodeName: 'node' },
      tokens: { issuedToken: async () => ({ token: 't', expirationTimestamp: '2026-01-02T03:04:05Z' }) },
      metrics: new VolumeMetrics(new MetricsRegistry()),
      events,
      devicePlugins: idleHandler,
      draPlugins: idleHandler,
      node: () => ({ metadata: { name: 'node', uid: 'n', labels: { rack: 'r1' } } }),
      reportNode: () => {},
      onVolumes: () => {},
    });
    owned.defer(() => storage.stop());
    const registrations = driver.registrations.length;
    storage.start();
    await until('the driver is registered', () => driver.registrations.length > registrations);
    const plugins = storage.volumePlugins({ mount: async () => assert.fail('there is no iSCSI here') });
    const claims = plugins.find(({ kind }) => kind === 'persistentVolumeClaim');
    assert.ok(claims);
    return {
      setUp: async (uid: string) => {
        const pod = podWith(uid, uses);
        const [spec] = pod.spec.volumes ?? [];
        assert.ok(spec);
        mkdirSync(join(rootDir, 'pods', uid), { recursive: true });
        return await claims.setUp(pod, spec, new AbortController().signal);
      },
      /** As at the end of the pod, whose folder stays. */
      tearDown: async (uid: string) => {
        for (const plugin of plugins) await plugin.unmount?.(join(rootDir, 'pods', uid));
      },
      stats: (uid: string) => storage.volumeStats(uid),
      inUse: () => storage.volumesInUse(),
      stop: () => storage.stop(),
    };
  };
  const { path } = scratch;
  return {
    kubelet,
    driver,
    api,
    events,
    rootDir,
    scratch: path,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function set(api: FakeApi, plural: string, name: string, object: object): void {
  api.set(plural, name, { metadata: {}, ...object });
}
