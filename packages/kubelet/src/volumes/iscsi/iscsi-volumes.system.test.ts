// iscsi volumes of a real target: what containers share, how the node identifies itself, and when sessions end.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { mounts } from '@berth/linux/mounts/mount.ts';
import { portals, startIscsiTarget } from '@berth/test-support/iscsi-target.ts';
import { until } from '@berth/test-support/until.ts';
import type { Pod } from '../../api/pod.ts';
import { shellIn } from '../../testing/exec.ts';
import {
  iqn,
  kubeletWith,
  lun,
  needsIscsi,
  programs,
  startTarget,
  untilDetached,
} from '../../testing/iscsi-node.ts';
import { forever, shellPod, startTestNode, untilRunning, untilStatus } from '../../testing/node.ts';
import { endAll } from '../../testing/remains.ts';
import { withSelinux } from '../../testing/selinux.ts';
import type { RunProgram } from '../node-programs.ts';
import type { IscsiSource } from './iscsi-disk.ts';

const [portal, secondPortal] = portals;

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

test('mount(8) is given the label of the pod, which it leaves out without SELinux', needsIscsi, async () => {
  await using node = await startTarget();
  const { rootDir, target } = node;
  target.add(iqn);
  const options: unknown[] = [];
  const run: RunProgram = async (program, words) => {
    if (program === 'mount') options.push(words[words.indexOf('-o') + 1]);
    return await programs(program, words);
  };
  using kubelet = kubeletWith(rootDir, run, withSelinux);
  const label = 'system_u:object_r:container_file_t:s0:c1,c2';
  const made = await kubelet.mount('a', lun(1), { label: { label, accessMode: 'RWO' } });
  assert.ok(made.from === 'node' && !made.isRelabelled);
  assert.deepEqual(options, [`context="${label}",defaults`]);
  kubelet.unmount('a');
  await untilDetached(rootDir, target.sessions);
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
