// What an image, a request or a volume's content can put in the place of /proc, /sys and /dev: nothing that the
// container's confinement depends on.
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { after, before, test } from 'node:test';
import { MountPropagation, NamespaceMode } from '@berth/cri/generated/api.ts';
import { mount, mountsBelow, unmount } from '@berth/linux/mounts/mount.ts';
import { writeOciLayout } from '@berth/oci/archive/layout-writer.ts';
import type { ExecutionParameters } from '@berth/oci/image-spec/image-config.ts';
import type { TarEntry } from '@berth/oci/tar/entry.ts';
import { busyboxLayer, importArchive } from '@berth/test-support/images.ts';
import { patience } from '@berth/test-support/machine-speed.ts';
import { failsWith, isolated, PodCalls } from '../testing/pod-calls.ts';
import { TestNode } from '../testing/test-node.ts';
import { maxVolumes } from './declared-volumes.ts';

const handlers = ['crun', 'runc'];
let node: TestNode;
let pods: PodCalls;
before(async () => {
  node = await TestNode.start('rt-sysmounts');
  chmodSync(node.dir, 0o711);
  pods = new PodCalls(node);
});
after(() => node[Symbol.asyncDispose]());

let images = 0;

/** Makes an image of busybox with `entries` beside it. */
async function makeImage(config: ExecutionParameters, entries: TarEntry[] = [], without: string[] = []) {
  const name = `localhost/system-mounts/image:${images++}`;
  const dir = mkdtempSync(join(node.dir, 'layout-'));
  const base = busyboxLayer().filter(({ path }) => !without.includes(path));
  await writeOciLayout({
    dir,
    name,
    layers: [[...base, ...entries]],
    config: { Env: ['PATH=/bin'], ...config },
  });
  await importArchive(node.config.listen, dir);
  rmSync(dir, { recursive: true });
  return { image: { image: name } };
}

const bind = (containerPath: string, hostPath: string, change: object = {}) => ({
  containerPath,
  hostPath,
  propagation: MountPropagation.PROPAGATION_PRIVATE,
  ...change,
});

/** Type and options of the last mount at each place in a container, by its own account. */
async function mountsIn(container: string): Promise<Map<string, { fstype: string; options: string[] }>> {
  const lines = (await pods.shell(container, 'cat /proc/self/mountinfo')).split('\n');
  return new Map(
    lines.map((line) => {
      const [before = '', after = ''] = line.split(' - ');
      const [, , , , at = '', options = ''] = before.split(' ');
      return [at, { fstype: after.split(' ')[0] ?? '', options: options.split(',') }];
    }),
  );
}

const links: TarEntry[] = [
  { type: 'symlink', path: 'data', target: '/proc' },
  { type: 'symlink', path: 'up', target: '../../../proc' },
  { type: 'symlink', path: 'twice', target: 'data' },
  { type: 'symlink', path: 'system', target: '/sys' },
  { type: 'symlink', path: 'devices', target: 'dev' },
];

for (const handler of handlers) {
  test(`an image's VOLUME in /proc is refused, however it is written, with ${handler}`, async () => {
    const sandbox = await pods.runPod('proc-volume', {}, handler);
    const volumes = [
      '/proc',
      '/proc/',
      '//proc',
      '/./proc',
      '/x/../proc',
      'proc',
      '/proc/sys',
      '/data',
      '/up',
      '/twice/bus',
      '/up/sys',
    ];
    for (const volume of volumes) {
      const image = await makeImage({ Volumes: [volume] }, links);
      await assert.rejects(
        pods.makeContainer(sandbox, ['/bin/true'], image),
        failsWith(
          'INVALID_ARGUMENT',
          /^config\.image: image localhost\/system-mounts\/image:\d+ declares the volume .*\/proc/,
        ),
      );
    }
    await pods.removePod(sandbox);
    assert.deepEqual(mountsBelow(join(node.dir, 'state/containers')), []);
  });

  test(`an image's VOLUME in /sys or /dev does not replace the real one, with ${handler}`, async () => {
    const sandbox = await pods.runPod('system-volume', {}, handler);
    const volumes = [
      '/sys',
      'sys/',
      '/sys/fs/cgroup',
      '/sys/firmware',
      '/system',
      '/dev',
      '/dev/shm',
      '/dev/pts',
      '/devices/x',
    ];
    const image = await makeImage({ Volumes: [...volumes, '/tmp', '/run', '/var/log', 'plain'] }, links);
    const container = await pods.startContainer(sandbox, ['/bin/sleep', '600'], {
      ...image,
      linux: { securityContext: { namespaceOptions: isolated, readonlyRootfs: true } },
    });
    const mounts = await mountsIn(container);
    for (const [at, fstype] of [
      ['/proc', 'proc'],
      ['/sys', 'sysfs'],
      ['/dev', 'tmpfs'],
      ['/dev/shm', 'tmpfs'],
      ['/dev/pts', 'devpts'],
    ] as const) {
      assert.equal(mounts.get(at)?.fstype, fstype, at);
    }
    assert.ok(mounts.get('/sys')?.options.includes('ro'));
    await pods.shell(
      container,
      'for d in /tmp /run /var/log /plain /dev/shm; do touch $d/x || exit 1; done; ! touch /x 2>/dev/null',
    );
    await pods.removePod(sandbox);
  });

  test(`a VOLUME is the same however it is written, with ${handler}`, async () => {
    const sandbox = await pods.runPod('odd-volumes', {}, handler);
    const volumes = [
      ...['data', '/data', '/data/./x', './dot', '/a//b/', 'gone/../side', '../above', '/link/in'],
      ...['/', '', '.', '/here/..'],
    ];
    const image = await makeImage({ Volumes: volumes }, [
      { type: 'file', path: 'data/x/of-the-image', content: '' },
      { type: 'symlink', path: 'link', target: '/real' },
      { type: 'directory', path: 'real' },
    ]);
    const container = await pods.startContainer(sandbox, ['/bin/sleep', '600'], {
      ...image,
      linux: { securityContext: { namespaceOptions: isolated, readonlyRootfs: true } },
    });
    const places = ['/data', '/data/x', '/dot', '/a/b', '/side', '/above', '/real/in'];
    const mounts = await mountsIn(container);
    assert.deepEqual(
      places.filter((place) => !mounts.has(place)),
      [],
    );
    await pods.shell(container, `for d in ${places.join(' ')}; do touch $d/y || exit 1; done`);
    await pods.shell(container, 'test -e /data/x/of-the-image; ! touch /y 2>/dev/null');
    await pods.removePod(sandbox);
  });

  test(`an image whose /proc, /sys or /dev leads elsewhere is refused, with ${handler}`, async () => {
    const sandbox = await pods.runPod('displaced', {}, handler);
    const rows: [string, TarEntry][] = [
      ['proc', { type: 'symlink', path: 'proc', target: '/tmp' }],
      ['proc', { type: 'symlink', path: 'proc', target: 'dev/../etc' }],
      ['proc', { type: 'file', path: 'proc', content: '' }],
      ['sys', { type: 'symlink', path: 'sys', target: '/tmp' }],
      ['dev', { type: 'symlink', path: 'dev', target: '/proc' }],
    ];
    for (const [path, entry] of rows) {
      const image = await makeImage({}, [entry], [path]);
      await assert.rejects(
        pods.makeContainer(sandbox, ['/bin/true'], image),
        failsWith('INVALID_ARGUMENT', new RegExp(`^config\\.image: /${path} of image .* is not a directory`)),
      );
    }
    await pods.removePod(sandbox);
  });

  test(`masked and read-only paths hold whatever the image has there, with ${handler}`, async () => {
    const sandbox = await pods.runPod('masked', {}, handler);
    const image = await makeImage({ Volumes: ['/sys/firmware', '/dev'] }, [
      { type: 'symlink', path: 'etc/hostname', target: '/tmp/elsewhere' },
      { type: 'directory', path: 'proc/sys' },
      { type: 'symlink', path: 'proc/kcore', target: '/etc/passwd' },
      { type: 'directory', path: 'sys/firmware' },
      { type: 'file', path: 'sys/firmware/x', content: 'x' },
    ]);
    const container = await pods.startContainer(sandbox, ['/bin/sleep', '600'], {
      ...image,
      linux: {
        securityContext: {
          namespaceOptions: isolated,
          maskedPaths: ['/proc/kcore', '/proc/timer_list', '/sys/firmware'],
          readonlyPaths: ['/proc/sys', '/proc/sysrq-trigger'],
        },
      },
    });
    assert.equal(
      await pods.shell(container, 'cat /proc/kcore /proc/timer_list | wc -c; ls /sys/firmware | wc -l'),
      '0\n0',
    );
    await pods.shell(container, '! (echo 1 > /proc/sys/vm/swappiness) 2>/dev/null');
    await pods.removePod(sandbox);
  });

  test(`a pod cannot mount over /proc, but may what runc lets it, with ${handler}`, async () => {
    const privileged = { linux: { securityContext: { namespaceOptions: isolated, privileged: true } } };
    const sandbox = await pods.runPod('requested', privileged, handler);
    const host = join(node.dir, 'requested');
    mkdirSync(host, { recursive: true });
    for (const path of [
      '/proc',
      '//proc',
      '/proc/',
      '/x/../proc',
      '/proc/self/attr',
      '/proc/sys',
      '/proc/1',
    ]) {
      await assert.rejects(
        pods.makeContainer(sandbox, ['/bin/true'], { mounts: [bind(path, host)] }),
        failsWith('INVALID_ARGUMENT', /^config\.mounts\[0\]\.container_path: .*\/proc/),
      );
    }
    const container = await pods.startContainer(sandbox, ['/bin/sleep', '600'], {
      mounts: [
        bind('/proc', '/proc'),
        bind('/proc/cpuinfo', '/etc/hostname'),
        bind('/sys', '/sys'),
        bind('/dev', '/dev'),
        bind('/host/proc', '/proc'),
      ],
      ...privileged,
    });
    assert.equal((await mountsIn(container)).get('/sys')?.fstype, 'sysfs');
    await pods.removePod(sandbox);
  });

  test(`a link in a volume does not lead a mount over /proc or /sys, with ${handler}`, async () => {
    const sandbox = await pods.runPod('links', {}, handler);
    const volume = mkdtempSync(join(node.dir, 'volume-'));
    const other = mkdtempSync(join(node.dir, 'other-'));
    for (const [index, target] of [
      '/proc',
      '../proc/sys',
      '/proc/self/attr',
      '/proc/1/attr',
      '/sys',
      '/',
    ].entries()) {
      symlinkSync(target, join(volume, `link${index}`));
      const mounts = [bind('/vol', volume), bind(`/vol/link${index}`, other)];
      await assert.rejects(pods.makeContainer(sandbox, ['/bin/true'], { mounts }), /mount|dev.null/);
    }
    await pods.removePod(sandbox);
    assert.deepEqual(mountsBelow(join(node.dir, 'state/containers')), []);
  });

  test(`/dev/shm and what else every container has keep nosuid, nodev and noexec, with ${handler}`, async () => {
    const ids = [{ containerId: 0, hostId: 300_000, length: 65_536 }];
    const usernsOptions = { mode: NamespaceMode.POD, uids: ids, gids: ids };
    const security = (namespaceOptions: object, privileged = false) => ({
      linux: { securityContext: { namespaceOptions, privileged } },
    });
    const rows: [string, object, string[]][] = [
      ['own', security(isolated), ['nosuid', 'nodev', 'noexec']],
      ['shared-pid', security({ ...isolated, pid: NamespaceMode.POD }), ['nosuid', 'nodev', 'noexec']],
      ['privileged', security(isolated, true), ['nosuid', 'nodev', 'noexec']],
      ['user', security({ ...isolated, usernsOptions }), ['nosuid', 'nodev', 'noexec']],
      ['host-ipc', security({ ...isolated, ipc: NamespaceMode.NODE }), ['nosuid', 'nodev']],
      ['host-network', security({ ...isolated, network: NamespaceMode.NODE }), ['nosuid', 'nodev', 'noexec']],
    ];
    for (const [name, change, shm] of rows) {
      const sandbox = await pods.runPod(`shm-${name}`, change, handler);
      const container = await pods.startContainer(sandbox, ['/bin/sleep', '600'], change);
      const mounts = await mountsIn(container);
      const quiet = ['nosuid', 'nodev', 'noexec'];
      for (const [at, wanted] of [
        ['/dev/shm', shm],
        ['/proc', quiet],
        ['/sys', quiet],
        ['/sys/fs/cgroup', quiet],
        ['/dev/mqueue', quiet],
        ['/dev', ['nosuid']],
        ['/dev/pts', ['nosuid', 'noexec']],
      ] as const) {
        // crun has a user namespace's mqueue mounted without any options; nothing of it can be executed anyway.
        if (at === '/dev/mqueue' && name === 'user' && handler === 'crun') continue;
        const options = mounts.get(at)?.options ?? [];
        assert.deepEqual(
          wanted.filter((option) => !options.includes(option)),
          [],
          `${name}: ${at} is ${options}`,
        );
      }
      await pods.removePod(sandbox);
    }
  });

  test(`a volume keeps what its file system does not allow, with ${handler}`, async () => {
    const target = mkdtempSync(join(node.dir, 'restricted-'));
    mount({ source: 'x', target, fstype: 'tmpfs', flags: ['nosuid', 'nodev', 'noexec'] });
    const readonly = mkdtempSync(join(node.dir, 'readonly-'));
    mount({ source: 'x', target: readonly, fstype: 'tmpfs' });
    mount({ source: 'x', target: readonly, fstype: 'tmpfs', flags: ['remount', 'bind', 'ro'] });
    try {
      const sandbox = await pods.runPod('restricted', {}, handler);
      const container = await pods.startContainer(sandbox, ['/bin/sleep', '600'], {
        mounts: [bind('/restricted', target), bind('/readonly', readonly), bind('/other', '/tmp')],
      });
      const mounts = await mountsIn(container);
      const options = mounts.get('/restricted')?.options ?? [];
      for (const option of ['rw', 'nosuid', 'nodev', 'noexec'])
        assert.ok(options.includes(option), `${options}`);
      assert.ok(mounts.get('/readonly')?.options.includes('ro'));
      await pods.removePod(sandbox);
    } finally {
      unmount(target, { detach: true });
      unmount(readonly, { detach: true });
    }
  });
}

test('an image with 5,000 VOLUMEs is refused at once, and berthd answers meanwhile', async () => {
  const sandbox = await pods.runPod('many');
  const many = await makeImage({ Volumes: Array.from({ length: 5000 }, (_, i) => `/volumes/${i}`) });
  const most = await makeImage({
    Volumes: Array.from({ length: maxVolumes }, (_, i) => `/${i}${'/d'.repeat(20)}`),
  });
  // Dozens of links, each with a path of thousands of components, before directories that have to be made.
  const climb = 'etc/../'.repeat(580);
  const climbs = Array.from(
    { length: 39 },
    (_, i): TarEntry => ({
      type: 'symlink',
      path: `l${i}`,
      target: `${climb}${i === 0 ? 'etc' : `l${i - 1}`}`,
    }),
  );
  const linked = await makeImage({ Volumes: [`/l38${'/d'.repeat(60)}`, `/l38${'/e'.repeat(60)}`] }, climbs);
  const deep = await makeImage({ Volumes: ['/d'.repeat(2000)] });
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  await assert.rejects(
    pods.makeContainer(sandbox, ['/bin/true'], many),
    failsWith(
      'INVALID_ARGUMENT',
      /^config\.image: image .* declares 5000 volumes; at most 256 are supported/,
    ),
  );
  await assert.rejects(
    pods.makeContainer(sandbox, ['/bin/true'], deep),
    failsWith('INVALID_ARGUMENT', /^config\.image: image .* directories deep; at most 64 are supported/),
  );
  const container = await pods.makeContainer(sandbox, ['/bin/true'], most);
  // While others rename and mount all the time, the kernel may never be sure of a path that climbs so often.
  await pods
    .makeContainer(sandbox, ['/bin/true'], { ...linked, metadata: { name: 'linked', attempt: 0 } })
    .catch((error: Error) => assert.match(error.message, /resource temporarily unavailable \(EAGAIN\)$/));
  delay.disable();
  assert.ok(delay.max / 1e6 < patience(1000), `the event loop stood still for ${delay.max / 1e6} ms`);
  await node.client.runtime.removeContainer({ containerId: container });
  await pods.removePod(sandbox);
});
