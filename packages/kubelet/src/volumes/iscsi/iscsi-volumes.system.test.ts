// iscsi volumes of a real target: what containers share, how the node identifies itself, and what each kubelet leaves and
// takes over.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { mounts, mountsBelow, unmount } from '@berth/linux/mounts/mount.ts';
import { portals, startIscsiTarget, whyNoIscsi } from '@berth/test-support/iscsi-target.ts';
import { scratchDir } from '@berth/test-support/scratch.ts';
import { until } from '@berth/test-support/until.ts';
import type { Pod } from '../../api/pod.ts';
import { MetricsRegistry } from '../../metrics/registry.ts';
import { VolumeMetrics } from '../../metrics/volume-metrics.ts';
import { shellIn } from '../../testing/exec.ts';
import { forever, shellPod, startTestNode, untilRunning, untilStatus } from '../../testing/node.ts';
import { testPod } from '../../testing/pod.ts';
import { endAll } from '../../testing/remains.ts';
import { nodePrograms, type RunProgram } from '../node-programs.ts';
import type { IscsiSource } from './iscsi-disk.ts';
import { type IscsiVolume, IscsiVolumes } from './iscsi-volumes.ts';

const noIscsi = whyNoIscsi();
const needsIscsi = noIscsi === undefined ? {} : { skip: noIscsi };

// libblkid's cache of the disks would outlive them.
process.env['BLKID_FILE'] = '/dev/null';

const iqn = 'iqn.2026-11.dev.berth:t';
const [portal, secondPortal] = portals;
const lun = (number: number): IscsiSource => ({ targetPortal: '127.0.0.1', iqn, lun: number });
const programs = nodePrograms(120_000);

/** The volumes of a kubelet without pods, as after an earlier one was killed. */
function kubeletWith(rootDir: string, run: RunProgram = programs) {
  const volumes = new IscsiVolumes({
    roots: { rootDir },
    metrics: new VolumeMetrics(new MetricsRegistry()),
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
    start: () => volumes.start(),
    [Symbol.dispose]: () => volumes.stop(),
  };
}

/** Waits until nothing is left of any LUN below the kubelet's folder. */
async function untilDetached(rootDir: string, sessions: () => string[]): Promise<void> {
  const plugin = join(rootDir, 'plugins/kubernetes.io/iscsi');
  const left = (): unknown[] => [
    ...sessions(),
    ...mountsBelow(plugin),
    ...(existsSync(plugin) ? readdirSync(plugin) : []).flatMap((iface) => readdirSync(join(plugin, iface))),
  ];
  await until('all is detached', () => left().length === 0, left);
}

/** A target and a folder for a kubelet. */
async function startTarget() {
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

test('pods of a node share a LUN, which is detached after the last', needsIscsi, async () => {
  await using node = await startTestNode('berthd');
  await using target = await startIscsiTarget(node.dir);
  target.add(iqn);
  const podWith = (name: string, iscsi: Partial<IscsiSource>): Pod =>
    shellPod(
      name,
      forever,
      {
        securityContext: { fsGroup: 1234 },
        volumes: [{ name: 'disk', iscsi: { ...lun(1), ...iscsi } }],
      },
      { volumeMounts: [{ name: 'disk', mountPath: '/data' }] },
    );
  const kubelet = node.kubelet();
  const [writer, reader] = [podWith('writer', {}), podWith('reader', { readOnly: true })];
  kubelet.setPods([writer]);
  await untilRunning(kubelet, writer);
  const { output } = await shellIn(
    node,
    writer,
    'echo written > /data/file; grep " /data " /proc/mounts; ls -ln /data',
  );
  assert.match(output, /^\/dev\/sd\w+ \/data ext4 rw/);
  assert.match(output, / 1234 .*file\n/);
  kubelet.setPods([writer, reader]);
  await untilRunning(kubelet, reader);
  assert.equal((await shellIn(node, reader, 'cat /data/file')).output, 'written\n');
  assert.match((await shellIn(node, reader, 'echo x > /data/other')).output, /Read-only file system/);
  const global = join(
    node.options.rootDir,
    `plugins/kubernetes.io/iscsi/iface-default/${portal}-${iqn}-lun-1`,
  );
  assert.deepEqual(target.sessions(), [`${iqn} default`]);
  assert.equal(readFileSync(join(global, 'file'), 'utf8'), 'written\n');

  // The next kubelet goes on with what is there.
  await kubelet.stop();
  const next = node.kubelet();
  next.setPods([reader]);
  await until('the writer is gone', () => next.pods().length === 1);
  assert.equal((await shellIn(node, reader, 'cat /data/file')).output, 'written\n');
  next.setPods([]);
  await until('both are gone', () => next.pods().length === 0);
  await untilDetached(node.options.rootDir, target.sessions);
  await endAll(node, next, writer, reader);
  await next.stop();
});

test('the secret of a pod identifies the node at discovery and login', needsIscsi, async () => {
  await using node = await startTestNode('berthd');
  await using target = await startIscsiTarget(node.dir);
  const account = { user: 'node', password: 'password-of-node' };
  target.add(iqn, { account });
  target.protectDiscovery({ user: 'finder', password: 'password-of-finder' });
  const pod = shellPod(
    'chap',
    'touch /data/file',
    {
      restartPolicy: 'Never',
      volumes: [
        {
          name: 'disk',
          iscsi: { ...lun(1), chapAuthDiscovery: true, chapAuthSession: true, secretRef: { name: 'chap' } },
        },
      ],
    },
    { volumeMounts: [{ name: 'disk', mountPath: '/data' }] },
  );
  const kubelet = node.kubelet();
  kubelet.setPods([pod]);
  const told = (text: RegExp): Promise<unknown> =>
    until(
      `an event says ${text}`,
      () => kubelet.events.list().find(({ message }) => text.test(message ?? '')),
      () => kubelet.events.list().map(({ message }) => message),
    );
  await told(
    /^MountVolume\.NewMounter initialization failed for volume "disk" : couldn't get secret default\/chap error: secrets "chap" not found$/,
  );
  const secret = {
    'discovery.sendtargets.auth.username': 'finder',
    'discovery.sendtargets.auth.password': 'password-of-finder',
    'node.session.auth.username': account.user,
  };
  node.objects.set('Secret', 'chap', { ...secret, 'node.session.auth.password': 'something-else' });
  await told(
    /^MountVolume\.WaitForAttach failed for volume "disk" : failed to get any path for iscsi disk, last err seen:\niscsi: failed to attach disk: Error: /,
  );
  assert.ok(!JSON.stringify(kubelet.events.list()).includes('something-else'));
  node.objects.set('Secret', 'chap', { ...secret, 'node.session.auth.password': account.password });
  await untilStatus(kubelet, pod, 'has succeeded', ({ phase }) => phase === 'Succeeded');
  kubelet.setPods([]);
  await until('it is gone', () => kubelet.pods().length === 0);
  await untilDetached(node.options.rootDir, target.sessions);
  await endAll(node, kubelet, pod);
  await kubelet.stop();
});

test('a session stays while another LUN of it is mounted', needsIscsi, async () => {
  await using node = await startTarget();
  const { rootDir, target } = node;
  target.add(iqn, { luns: 2 });
  using kubelet = kubeletWith(rootDir);
  await kubelet.mount('a', lun(1), { mountOptions: ['noatime'] });
  const mounted = mounts().find(({ mountPoint }) => mountPoint === kubelet.folder('a'));
  assert.ok(mounted?.options.includes('noatime'));
  await kubelet.mount('b', lun(2));
  kubelet.unmount('a');
  const folder = join(rootDir, 'plugins/kubernetes.io/iscsi/iface-default');
  await until('one is detached', () => readdirSync(folder).length === 1);
  writeFileSync(join(kubelet.folder('b'), 'file'), 'x');
  assert.equal(target.sessions().length, 1);
  kubelet.unmount('b');
  await untilDetached(rootDir, target.sessions);
});

test(
  'paths through several portals are one device, and each session stays as long as it is a path',
  needsIscsi,
  async () => {
    await using node = await startTarget();
    const { rootDir, target } = node;
    target.add(iqn, { luns: 2 });
    await target.combinePaths(iqn);
    using kubelet = kubeletWith(rootDir);
    await kubelet.mount('a', { ...lun(1), portals: [secondPortal] });
    assert.match(
      mounts().find(({ mountPoint }) => mountPoint === kubelet.folder('a'))?.source ?? '',
      /^\/dev\/(dm-|mapper\/)/,
    );
    // By its name it is the only volume of the second portal.
    await kubelet.mount('b', { ...lun(2), targetPortal: secondPortal });
    assert.equal(target.sessions().length, 2);
    kubelet.unmount('b');
    const folder = join(rootDir, 'plugins/kubernetes.io/iscsi/iface-default');
    await until('one is detached', () => readdirSync(folder).length === 1);
    assert.equal(target.sessions().length, 2);
    kubelet.unmount('a');
    await untilDetached(rootDir, target.sessions);
  },
);

test('a volume with a name of the initiator logs in by an interface of its own', needsIscsi, async () => {
  await using node = await startTarget();
  const { rootDir, target } = node;
  target.add(iqn);
  using kubelet = kubeletWith(rootDir);
  await kubelet.mount('a', { ...lun(1), initiatorName: 'iqn.2026-11.dev.berth:own' });
  const iface = `${portal}:v`;
  assert.deepEqual(target.sessions(), [`${iqn} ${iface}`]);
  assert.match(
    readFileSync(join('/etc/iscsi/ifaces', iface), 'utf8'),
    /^iface\.initiatorname = iqn\.2026-11\.dev\.berth:own$/m,
  );
  kubelet.unmount('a');
  await untilDetached(rootDir, target.sessions);
  assert.ok(!existsSync(join('/etc/iscsi/ifaces', iface)));
});

test('a LUN that is not there, and a target that is not', needsIscsi, async () => {
  await using node = await startTarget();
  const { rootDir, target } = node;
  target.add(iqn);
  using kubelet = kubeletWith(rootDir);
  await assert.rejects(
    kubelet.mount('a', { ...lun(1), iqn: `${iqn}2` }),
    /failed to get any path for iscsi disk/,
  );
  await assert.rejects(
    kubelet.mount('b', lun(7)),
    new RegExp(
      `Timed out waiting for device at path /dev/disk/by-path/ip-${portal}-iscsi-${iqn}-lun-7 after 30s$`,
    ),
  );
  for (const uid of ['a', 'b']) kubelet.unmount(uid);
  await untilDetached(rootDir, target.sessions);
});

test(
  'a kubelet that was killed before any step leaves nothing that the next one does not take away',
  needsIscsi,
  async () => {
    await using node = await startTarget();
    const { rootDir, target } = node;
    target.add(iqn);
    for (let steps = 0; ; steps += 1) {
      let left = steps;
      const killed = Promise.withResolvers<'killed'>();
      // What a killed kubelet has asked for is never answered.
      const run: RunProgram = async (...args) => {
        if (left === 0) killed.resolve('killed');
        left -= 1;
        return left < 0 ? new Promise(() => {}) : programs(...args);
      };
      using first = kubeletWith(rootDir, run);
      const end = await Promise.race([first.mount('a', lun(1)).then(() => 'mounted'), killed.promise]);
      using next = kubeletWith(rootDir);
      next.start();
      next.unmount('a');
      await untilDetached(rootDir, target.sessions);
      if (end === 'mounted') break;
    }
    // The same while it detaches.
    for (let steps = 0; steps < 4; steps += 1) {
      using first = kubeletWith(rootDir);
      await first.mount('a', lun(1));
      let left = steps;
      const killed = Promise.withResolvers<void>();
      const run: RunProgram = async (...args) => {
        if (left === 0) killed.resolve();
        left -= 1;
        return left < 0 ? new Promise(() => {}) : programs(...args);
      };
      using second = kubeletWith(rootDir, run);
      second.unmount('a');
      await Promise.race([killed.promise, until('it is gone', () => target.sessions().length === 0)]);
      using next = kubeletWith(rootDir);
      next.start();
      await untilDetached(rootDir, target.sessions);
    }
  },
);
