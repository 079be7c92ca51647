// A node with a CSI driver on a real socket, and an API server in memory that has one claim, for tests of volumes.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { mountsBelow, unmount } from '@berth/linux/mounts/mount.ts';
import { CsiTestDriver } from '@berth/test-support/csi-driver.ts';
import { scratchDir } from '@berth/test-support/scratch.ts';
import { until } from '@berth/test-support/until.ts';
import type { PersistentVolumeSpec } from 'kubernetes-types/core/v1.d.ts';
import type { PodSecurityContext, SecurityContext } from '../api/pod.ts';
import type { NodeServiceCapability_RPC_Type } from '../generated/csi.ts';
import { MetricsRegistry } from '../metrics/registry.ts';
import { VolumeMetrics } from '../metrics/volume-metrics.ts';
import type { NodeSelinux } from '../node/node-selinux.ts';
import { ClusterStorage } from '../storage/cluster-storage.ts';
import { VolumeManager } from '../volumes/manager.ts';
import { FakeApi } from './fake-api.ts';
import { NotedEvents } from './noted-events.ts';
import { idleHandler } from './plugin-handler.ts';
import { testPod } from './pod.ts';
import { withoutSelinux } from './selinux.ts';

export const driverName = 'test.berth.dev';
const can = { stage: 1, stats: 2, expand: 3 } as const;

/** What differs from a claim whose volume is a file system of the driver, with the handle `h`. */
export interface StorageNodeOptions {
  /** Of the persistent volume `pv`. */
  volume?: PersistentVolumeSpec;
  /** Of the claim `c`. */
  claimStatus?: object;
  selinux?: NodeSelinux;
  /** Of the driver's object. */
  driverSpec?: object;
  /** What the driver can do, by number; by default: stage, tell sizes, and expand. */
  capabilities?: readonly NodeServiceCapability_RPC_Type[];
}

/** A pod with the volume `v`, which its containers use as a file system or as a device. */
function podWith(
  uid: string,
  uses: object,
  securityContext: PodSecurityContext = {},
  containers: readonly SecurityContext[] = [{}],
) {
  return testPod(
    {
      containers: containers.map((own, index) => ({ name: `c${index}`, securityContext: own, ...uses })),
      volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'c' } }],
      securityContext,
    },
    { uid, name: uid },
  );
}

/** Starts the driver; each of `kubelet()` is another kubelet, as after one was killed. */
export async function startStorageNode({
  volume = {},
  claimStatus = {},
  selinux = withoutSelinux,
  driverSpec = {},
  capabilities = [can.stage, can.stats, can.expand],
}: StorageNodeOptions = {}) {
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
  set(api, 'csidrivers', driverName, { spec: { attachRequired: false, ...driverSpec } });
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
      capabilities,
    }),
  );
  // Of a test that has failed.
  resources.defer(() => {
    for (const { mountPoint } of mountsBelow(rootDir)) unmount(mountPoint);
  });
  await driver.start();
  const owned = resources.move();
  const events = new NotedEvents();
  const kubelet = async () => {
    const registry = new MetricsRegistry();
    /** Pods that were told to look again. */
    const woken: string[] = [];
    const storage = new ClusterStorage({
      client: api.client,
      options: { rootDir, nodeName: 'node' },
      tokens: { issuedToken: async () => ({ token: 't', expirationTimestamp: '2026-01-02T03:04:05Z' }) },
      metrics: new VolumeMetrics(registry),
      selinux,
      events,
      devicePlugins: idleHandler,
      draPlugins: idleHandler,
      node: () => ({ metadata: { name: 'node', uid: 'n', labels: { rack: 'r1' } } }),
      reportNode: () => {},
      onVolumes: (uids = []) => void woken.push(...uids),
    });
    owned.defer(() => storage.stop());
    const registrations = driver.registrations.length;
    storage.start();
    await until('the driver is registered', () => driver.registrations.length > registrations);
    const plugins = storage.volumePlugins({ mount: async () => assert.fail('there is no iSCSI here') });
    const claims = plugins.find(({ kind }) => kind === 'persistentVolumeClaim');
    assert.ok(claims);
    const manager = new VolumeManager({ rootDir }, plugins, events);
    return {
      setUp: async (uid: string) => {
        const pod = podWith(uid, uses);
        const [spec] = pod.spec.volumes ?? [];
        assert.ok(spec);
        mkdirSync(join(rootDir, 'pods', uid), { recursive: true });
        return await claims.setUp(pod, spec, new AbortController().signal);
      },
      /** As a round of the worker of a pod, and of its containers, with these contexts. */
      round: async (uid: string, ...contexts: [PodSecurityContext, SecurityContext[]?]) =>
        (await manager.setUp(podWith(uid, uses, ...contexts), new AbortController().signal)).get('v'),
      /** As the worker does at the end of the pod. */
      end: (uid: string) => manager.tearDown(uid),
      /** The same for the last pod. */
      endLast: async (uid: string) => {
        await manager.tearDown(uid);
        await until('nothing is mounted', () => mountsBelow(rootDir).length === 0);
      },
      woken,
      metrics: () => registry.text(),
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
