// iSCSI volumes of a real target for tests: a target with its disks, and kubelets that have no pods.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { mountsBelow, unmount } from '@berth/linux/mounts/mount.ts';
import { startIscsiTarget, whyNoIscsi } from '@berth/test-support/iscsi-target.ts';
import { scratchDir } from '@berth/test-support/scratch.ts';
import { until } from '@berth/test-support/until.ts';
import { MetricsRegistry } from '../metrics/registry.ts';
import { VolumeMetrics } from '../metrics/volume-metrics.ts';
import type { IscsiSource } from '../volumes/iscsi/iscsi-disk.ts';
import { type IscsiVolume, IscsiVolumes } from '../volumes/iscsi/iscsi-volumes.ts';
import { nodePrograms, type RunProgram } from '../volumes/node-programs.ts';
import { testPod } from './pod.ts';
import { withoutSelinux } from './selinux.ts';

const noIscsi = whyNoIscsi();

/** Options of a test that needs a target: it is skipped where there can be none. */
export const needsIscsi = noIscsi === undefined ? {} : { skip: noIscsi };

// libblkid's cache of the disks would outlive them.
process.env['BLKID_FILE'] = '/dev/null';

/** The name of the target. */
export const iqn = 'iqn.2026-11.dev.berth:t';

/** A disk of the target. */
export const lun = (number: number): IscsiSource => ({ targetPortal: '127.0.0.1', iqn, lun: number });

/** Programs of the node, as the kubelet runs them. */
export const programs = nodePrograms(120_000);

/** The volumes of a kubelet without pods, as after an earlier one was killed. */
export function kubeletWith(rootDir: string, run: RunProgram = programs, selinux = withoutSelinux) {
  const unmounted: string[] = [];
  const volumes = new IscsiVolumes({
    roots: { rootDir },
    metrics: new VolumeMetrics(new MetricsRegistry()),
    selinux,
    onUnmounted: (uids) => void unmounted.push(...uids),
    run,
  });
  const folder = (uid: string): string => join(rootDir, 'pods', uid, 'volumes/kubernetes.io~iscsi/v');
  return {
    mount: (uid: string, source: IscsiSource, more: Partial<IscsiVolume> = {}) =>
      volumes.mount(
        testPod({ containers: [{ name: 'main' }], securityContext: { fsGroup: 1234 } }, { uid }),
        {
          name: 'v',
          source,
          isReadOnly: false,
          mountOptions: [],
          label: { label: '', accessMode: 'RWO' },
          secret: async () => ({}),
          ...more,
        },
        new AbortController().signal,
      ),
    unmount: (uid: string): void => {
      unmount(folder(uid), { ifMounted: true });
      volumes.release(uid);
    },
    folder,
    /** Pods that were told of a LUN which they have waited for. */
    unmounted,
    start: () => volumes.start(),
    [Symbol.dispose]: () => volumes.stop(),
  };
}

/** Waits until nothing is left of any LUN below the kubelet's folder. */
export async function untilDetached(rootDir: string, sessions: () => string[]): Promise<void> {
  const plugin = join(rootDir, 'plugins/kubernetes.io/iscsi');
  const left = (): unknown[] => [
    ...sessions(),
    ...mountsBelow(plugin),
    ...(existsSync(plugin) ? readdirSync(plugin) : []).flatMap((iface) => readdirSync(join(plugin, iface))),
  ];
  await until('all is detached', () => left().length === 0, left);
}

/** A target and a folder for a kubelet. */
export async function startTarget() {
  await using resources = new AsyncDisposableStack();
  const scratch = resources.use(scratchDir('iscsi'));
  const rootDir = join(scratch.path, 'k');
  const target = resources.use(await startIscsiTarget(scratch.path));
  resources.defer(() => {
    for (const { mountPoint } of mountsBelow(rootDir)) unmount(mountPoint);
  });
  const owned = resources.move();
  return { rootDir, target, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
