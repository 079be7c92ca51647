// Local volumes for tests: empty disks, and kubelets that have no pods.
import { existsSync, mkdirSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { attachLoopDevice, detachLoopDevice } from '@berth/linux/files/loop-device.ts';
import { mountsBelow, unmount } from '@berth/linux/mounts/mount.ts';
import { scratchDir } from '@berth/test-support/scratch.ts';
import { until } from '@berth/test-support/until.ts';
import { MetricsRegistry } from '../metrics/registry.ts';
import { VolumeMetrics } from '../metrics/volume-metrics.ts';
import { nodePrograms, type RunProgram } from '../volumes/node-programs.ts';
import { type LocalVolume, LocalVolumes } from '../volumes/persistent/local-volumes.ts';
import { NotedEvents } from './noted-events.ts';
import { testPod } from './pod.ts';

// libblkid's cache of the disks would outlive them.
process.env['BLKID_FILE'] = '/dev/null';

/** Programs of the node, as the kubelet runs them. */
export const programs = nodePrograms(60_000);

/** A folder for a kubelet, and disks of 32 MiB. */
export function startLocalNode() {
  using stack = new DisposableStack();
  const { path: scratch } = stack.use(scratchDir('local-volumes'));
  const rootDir = join(scratch, 'k');
  const plugin = join(rootDir, 'plugins/kubernetes.io/local-volume/mounts');
  let count = 0;
  /** An empty disk. */
  const makeDisk = (): string => {
    count += 1;
    const image = join(scratch, `disk${count}`);
    writeFileSync(image, '');
    truncateSync(image, 32 * 1024 * 1024);
    const device = attachLoopDevice(image);
    owned.defer(() => detachLoopDevice(device));
    return device;
  };
  const left = (): unknown[] => [
    ...mountsBelow(rootDir).map(({ mountPoint }) => mountPoint),
    ...(existsSync(plugin) ? readdirSync(plugin) : []),
  ];
  const owned = stack.move();
  return {
    rootDir,
    scratch,
    makeDisk,
    /** Where the disk of a volume is mounted for all pods. */
    global: (name: string): string => join(plugin, name),
    untilNothingIsLeft: () => until('nothing is left', () => left().length === 0, left),
    [Symbol.dispose]: () => {
      for (const { mountPoint } of mountsBelow(rootDir)) unmount(mountPoint);
      owned.dispose();
    },
  };
}

/** The volumes of a kubelet without pods, as after an earlier one was killed. */
export function localKubelet(rootDir: string, run: RunProgram = programs) {
  const events = new NotedEvents();
  const metrics = new VolumeMetrics(new MetricsRegistry());
  const volumes = new LocalVolumes({ roots: { rootDir }, metrics, events, run });
  const folder = (uid: string, name = 'pv'): string =>
    join(rootDir, 'pods', uid, 'volumes/kubernetes.io~local-volume', name);
  return {
    mount: (
      uid: string,
      path: string,
      more: Partial<LocalVolume> & { fsGroup?: number; signal?: AbortSignal } = {},
    ) => {
      const { fsGroup, signal = new AbortController().signal, ...own } = more;
      const securityContext = fsGroup === undefined ? {} : { fsGroup };
      mkdirSync(join(rootDir, 'pods', uid), { recursive: true });
      return volumes.mount(
        testPod({ containers: [{ name: 'main' }], securityContext }, { uid, name: uid }),
        { name: 'pv', path, fsType: 'ext4', mountOptions: [], isReadOnly: false, ...own },
        signal,
      );
    },
    /** As at the end of a pod. */
    unmount: (uid: string): void => {
      for (const { mountPoint } of mountsBelow(join(rootDir, 'pods', uid))) unmount(mountPoint);
      volumes.release(uid);
    },
    folder,
    events,
    start: () => volumes.start(),
    [Symbol.dispose]: () => volumes.stop(),
  };
}
