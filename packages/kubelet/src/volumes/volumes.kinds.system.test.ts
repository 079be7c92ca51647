// What containers see of volumes of further kinds, and of the ways to mount them.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { detectCgroups } from '@berth/linux/cgroups/detect.ts';
import { bindMount, mount, setPropagation, unmount } from '@berth/linux/mounts/mount.ts';
import { testImage } from '@berth/test-support/pods.ts';
import { eventually } from '@berth/test-support/until.ts';
import type { Volume } from '../api/pod.ts';
import { podCgroup } from '../cgroups/cgroup-names.ts';
import { onEveryRuntime } from '../testing/every-runtime.ts';
import { shellIn } from '../testing/exec.ts';
import { forever, shellPod, untilRunning, untilStatus } from '../testing/node.ts';
import { endAll } from '../testing/remains.ts';

/** A mount of each volume at its name. */
const mountsOf = (volumes: Volume[]) => volumes.map(({ name }) => ({ name, mountPath: `/${name}` }));

/** Reserves huge pages of 2 MiB for a test, as far as this machine has them. */
function hugePages(wanted: number): Disposable & { number: number; skip(): void } {
  const file = '/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages';
  const before = existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  if (before !== undefined && Number(before) < wanted) tryWriting(file, `${wanted}`);
  return {
    number: before === undefined ? 0 : Number(readFileSync(file, 'utf8')),
    skip: () => console.log('# skipped: this machine has no four free huge pages of 2 MiB'),
    [Symbol.dispose]: () => {
      if (before !== undefined) tryWriting(file, before);
    },
  };
}

function tryWriting(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch {
    // The machine does not let tests reserve pages.
  }
}

onEveryRuntime((podTest) => {
  podTest('downwardAPI and projected follow labels, annotations and objects', async ({ node, kubelet }) => {
    const { objects } = node;
    objects.set('ConfigMap', 'part', { color: 'red' });
    objects.set('Secret', 'part', { word: 'secret' });
    const labels = { path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } };
    const volumes: Volume[] = [
      {
        name: 'pod',
        downwardAPI: {
          defaultMode: 0o644,
          items: [
            labels,
            { path: 'deep/note', mode: 0o400, fieldRef: { fieldPath: "metadata.annotations['note']" } },
            {
              path: 'cpu',
              resourceFieldRef: { containerName: 'main', resource: 'limits.cpu', divisor: '1m' },
            },
          ],
        },
      },
      {
        name: 'all',
        projected: {
          defaultMode: 0o440,
          sources: [
            { configMap: { name: 'part' } },
            { secret: { name: 'part', items: [{ key: 'word', path: 'deep/word', mode: 0o400 }] } },
            { secret: { name: 'gone', optional: true } },
            { downwardAPI: { items: [labels] } },
          ],
        },
      },
    ];
    const made = shellPod(
      'told',
      forever,
      { volumes },
      { volumeMounts: mountsOf(volumes), resources: { limits: { cpu: '250m' } } },
    );
    const podWith = (app: string, note: string) => ({
      ...made,
      metadata: { ...made.metadata, labels: { app }, annotations: { note } },
    });
    const pod = podWith('one', 'first');
    kubelet.setPods([pod]);
    await untilRunning(kubelet, pod);
    const shell = (script: string) => shellIn(node, pod, script).then(({ output }) => output);
    assert.equal(
      await shell('cat /pod/labels /pod/deep/note /pod/cpu; stat -L -c " %a" /pod/labels /pod/deep/note'),
      'app="one"first250 644\n 400\n',
    );
    assert.equal(
      await shell('cd /all; cat color deep/word labels; stat -L -c " %a" color deep/word labels'),
      'redsecretapp="one" 440\n 400\n 440\n',
    );
    assert.equal(await shell('grep -cE "^tmpfs /(pod|all) " /proc/mounts'), '2\n');

    objects.set('ConfigMap', 'part', { color: 'blue' });
    objects.set('Secret', 'gone', { new: 'here' });
    kubelet.setPods([podWith('two', 'second')]);
    await eventually(async () => {
      assert.equal(await shell('cat /pod/labels /pod/deep/note'), 'app="two"second');
      assert.equal(await shell('cd /all; cat color deep/word labels new'), 'bluesecretapp="two"here');
    });
    assert.equal((await untilRunning(kubelet, pod)).containerStatuses?.[0]?.restartCount, 0);
    await endAll(node, kubelet, pod);
  });

  podTest('an image is a volume, on a runtime that mounts images', async ({ runtime, node, kubelet }) => {
    const volumes: Volume[] = [
      { name: 'image', image: { reference: testImage, pullPolicy: 'IfNotPresent' } },
    ];
    const pod = shellPod(
      'image',
      forever,
      { volumes },
      {
        volumeMounts: [
          { name: 'image', mountPath: '/image' },
          { name: 'image', mountPath: '/part', subPath: 'bin' },
        ],
      },
    );
    kubelet.setPods([pod]);
    if (runtime === 'berthd') {
      await untilRunning(kubelet, pod);
      const { output } = await shellIn(node, pod, 'ls -d /image/bin/sh /part/sh; touch /image/x');
      assert.match(output, /^\/image\/bin\/sh\n\/part\/sh\ntouch: \/image\/x: Read-only file system\n$/);
    } else {
      await untilStatus(
        kubelet,
        pod,
        'is refused',
        ({ containerStatuses }) => containerStatuses?.[0]?.state?.waiting?.reason === 'CreateContainerError',
      );
    }
    await endAll(node, kubelet, pod);
  });

  podTest('an image of a volume that cannot be pulled', async ({ node, kubelet }) => {
    const reference = 'example.invalid/none:1';
    const pod = shellPod(
      'no-image',
      forever,
      { volumes: [{ name: 'image', image: { reference, pullPolicy: 'Never' } }] },
      { volumeMounts: [{ name: 'image', mountPath: '/image' }] },
    );
    kubelet.setPods([pod]);
    const status = await untilStatus(
      kubelet,
      pod,
      'waits',
      ({ containerStatuses }) => containerStatuses?.[0]?.state?.waiting?.reason === 'ErrImageNeverPull',
    );
    assert.equal(
      status.containerStatuses?.[0]?.state?.waiting?.message,
      `Container image "${reference}" is not present with pull policy of Never`,
    );
    await endAll(node, kubelet, pod);
  });

  podTest('hostPath checks and makes what its type says', async ({ node, kubelet }) => {
    const dir = join(node.dir, 'host');
    mkdirSync(join(dir, 'directory'), { recursive: true });
    writeFileSync(join(dir, 'file'), 'content');
    symlinkSync('directory', join(dir, 'link'));
    const volumes: Volume[] = [
      { name: 'any', hostPath: { path: dir, type: '' } },
      { name: 'link', hostPath: { path: join(dir, 'link'), type: 'Directory' } },
      { name: 'file', hostPath: { path: join(dir, 'file'), type: 'File' } },
      { name: 'made', hostPath: { path: join(dir, 'new/directory'), type: 'DirectoryOrCreate' } },
      { name: 'touched', hostPath: { path: join(dir, 'new/file'), type: 'FileOrCreate' } },
      { name: 'null', hostPath: { path: '/dev/null', type: 'CharDevice' } },
    ];
    const pod = shellPod('host', forever, { volumes }, { volumeMounts: mountsOf(volumes) });
    kubelet.setPods([pod]);
    await untilRunning(kubelet, pod);
    const { output } = await shellIn(
      node,
      pod,
      'cat /file; echo x > /made/x; echo y > /touched; echo z > /null; test -c /null; echo " $?"; ls /any',
    );
    assert.equal(output, 'content 0\ndirectory\nfile\nlink\nnew\n');
    const mounting = (name: string, hostPath: { path: string; type: string }) =>
      shellPod(
        name,
        forever,
        { volumes: [{ name: 'v', hostPath }] },
        { volumeMounts: [{ name: 'v', mountPath: '/v' }] },
      );
    const wrong = mounting('host-wrong', { path: join(dir, 'file'), type: 'Directory' });
    const none = mounting('host-none', { path: join(dir, 'none'), type: 'Socket' });
    kubelet.setPods([pod, wrong, none]);
    for (const [waiting, problem] of [
      [wrong, `hostPath type check failed: ${dir}/file is not a directory, it's a File`],
      [
        none,
        `hostPath type check failed, ${dir}/none is not a socket file, unable to determine its type: path "${dir}/none" does not exist`,
      ],
    ] as const) {
      const { containerStatuses } = await untilStatus(
        kubelet,
        waiting,
        'waits',
        (status) => status.containerStatuses?.[0]?.state?.waiting?.message !== undefined,
      );
      assert.deepEqual(containerStatuses?.[0]?.state?.waiting, {
        reason: 'ContainerCreating',
        message: `MountVolume.SetUp failed for volume "v" : ${problem}`,
      });
    }
    await endAll(node, kubelet, pod, wrong, none);
    assert.deepEqual(readdirSync(join(dir, 'new/directory')), ['x'], 'the path of the node stays');
  });

  podTest('mounts below a volume: propagation and recursiveReadOnly', async ({ runtime, node, kubelet }) => {
    const dir = join(node.dir, 'below');
    const tmpfs = (name: string) => {
      mkdirSync(join(dir, name), { recursive: true });
      mount({ source: 'tmpfs', target: join(dir, name), fstype: 'tmpfs' });
    };
    // A mount of its own that is shared, as the root of a machine is.
    mkdirSync(dir);
    mount({ source: 'tmpfs', target: dir, fstype: 'tmpfs' });
    setPropagation(dir, 'shared');
    try {
      tmpfs('before');
      const volumes: Volume[] = [{ name: 'v', hostPath: { path: dir, type: '' } }];
      const mounts = (mode: 'Enabled' | 'IfPossible') => [
        { name: 'v', mountPath: '/private' },
        { name: 'v', mountPath: '/slave', mountPropagation: 'HostToContainer' },
        { name: 'v', mountPath: '/shared', mountPropagation: 'Bidirectional' },
        { name: 'v', mountPath: '/ro', readOnly: true },
        { name: 'v', mountPath: '/rro', readOnly: true, recursiveReadOnly: mode },
      ];
      const securityContext = { privileged: true };
      const pod = shellPod(
        'below',
        forever,
        { volumes },
        { volumeMounts: mounts('IfPossible'), securityContext },
      );
      kubelet.setPods([pod]);
      const status = await untilRunning(kubelet, pod);
      const shell = (script: string) => shellIn(node, pod, script).then(({ output }) => output);
      tmpfs('later');
      writeFileSync(join(dir, 'later/file'), '');
      assert.equal(
        await shell('ls /private/later /slave/later /shared/later'),
        '/private/later:\n\n/shared/later:\nfile\n\n/slave/later:\nfile\n',
      );
      await shell(
        'mkdir /shared/inner /slave/own; mount -t tmpfs t /shared/inner; mount -t tmpfs t /slave/own; touch /shared/inner/x /slave/own/x',
      );
      assert.deepEqual([existsSync(join(dir, 'inner/x')), existsSync(join(dir, 'own/x'))], [true, false]);
      await shell('umount /shared/inner');

      const supported = runtime === 'berthd';
      const writable =
        'for d in ro rro; do touch /$d/x 2>/dev/null && echo $d; touch /$d/before/x 2>/dev/null && echo $d/before; done';
      assert.equal(await shell(writable), supported ? 'ro/before\n' : 'ro/before\nrro/before\n');
      assert.deepEqual(
        status.containerStatuses?.[0]?.volumeMounts?.map((each) => [each.mountPath, each.recursiveReadOnly]),
        [
          ['/private', undefined],
          ['/slave', undefined],
          ['/shared', undefined],
          ['/ro', 'Disabled'],
          ['/rro', supported ? 'Enabled' : 'Disabled'],
        ],
      );
      await endAll(node, kubelet, pod);

      const strict = shellPod(
        'below-strict',
        forever,
        { volumes },
        { volumeMounts: mounts('Enabled'), securityContext },
      );
      kubelet.setPods([strict]);
      if (supported) await untilRunning(kubelet, strict);
      else {
        const refused = await untilStatus(
          kubelet,
          strict,
          'is refused',
          ({ containerStatuses }) =>
            containerStatuses?.[0]?.state?.waiting?.reason === 'CreateContainerConfigError',
        );
        assert.equal(
          refused.containerStatuses?.[0]?.state?.waiting?.message,
          'failed to resolve recursive read-only mode: volume "v" requested recursive read-only mode, but it is not supported by the runtime',
        );
      }
      await endAll(node, kubelet, strict);
    } finally {
      for (const name of ['before', 'later', 'inner', '']) {
        unmount(join(dir, name), { detach: true, ifMounted: true });
      }
    }
  });

  podTest(
    'what a killed kubelet left of volumes goes, and nothing behind a mount',
    async ({ node, kubelet }) => {
      const { rootDir } = node.options;
      const outside = join(node.dir, 'outside');
      mkdirSync(outside);
      writeFileSync(join(outside, 'precious'), '');
      const folder = (kind: string) => {
        const path = join(rootDir, 'pods/killed/volumes', `kubernetes.io~${kind}`, 'v');
        mkdirSync(path, { recursive: true });
        return path;
      };
      for (const kind of ['secret', 'projected', 'downward-api', 'empty-dir']) {
        const path = folder(kind);
        mount({ source: 'tmpfs', target: path, fstype: 'tmpfs' });
        mkdirSync(join(path, '..2026_01_02_03_04_05.abcDEF'));
        writeFileSync(join(path, '..2026_01_02_03_04_05.abcDEF/half'), 'half');
      }
      mkdirSync(join(folder('configmap'), '..2026_01_02_03_04_05.abcDEF'));
      // A mounted directory stands in for a file server's.
      bindMount(outside, folder('nfs'));
      bindMount(outside, folder('nfs'));
      const next = node.kubelet();
      try {
        next.setPods([]);
        await eventually(() => assert.ok(!existsSync(join(rootDir, 'pods/killed'))));
      } finally {
        await next.stop();
      }
      assert.deepEqual(readdirSync(outside), ['precious']);
      await endAll(node, kubelet);
    },
  );

  podTest('a volume in memory fills up alone, and subPathExpr takes a part', async ({ node, kubelet }) => {
    const volumes: Volume[] = [{ name: 'small', emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } }];
    const pod = shellPod(
      'full',
      forever,
      { volumes },
      {
        env: [{ name: 'NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
        volumeMounts: [
          ...mountsOf(volumes),
          { name: 'small', mountPath: '/part', subPathExpr: 'of-$(NAME)' },
        ],
      },
    );
    kubelet.setPods([pod]);
    await untilRunning(kubelet, pod);
    const { output } = await shellIn(
      node,
      pod,
      'echo x > /part/x; cat /small/of-full/x; dd if=/dev/zero of=/small/big bs=64k count=64 2>&1 | grep -o "No space.*"; stat -c %s /small/big',
    );
    assert.match(output, /^x\nNo space left on device\n(?:9|10)\d{5}\n$/);
    await endAll(node, kubelet, pod);
  });

  // Last, since it ends the kubelet of the others.
  podTest('a volume of huge pages, and their limits', async ({ node, kubelet: former }) => {
    using pages = hugePages(4);
    if (pages.number < 4) {
      pages.skip();
      return;
    }
    // A kubelet counts the node's pages when it starts.
    await former.stop();
    const kubelet = node.kubelet();
    const volumes: Volume[] = [{ name: 'huge', emptyDir: { medium: 'HugePages-2Mi' } }];
    const amount = { memory: '64Mi', 'hugepages-2Mi': '4Mi' };
    const pod = shellPod(
      'huge',
      forever,
      { volumes, securityContext: { fsGroup: 2000 } },
      { volumeMounts: mountsOf(volumes), resources: { limits: amount, requests: amount } },
    );
    kubelet.setPods([pod]);
    await untilRunning(kubelet, pod);
    const { output } = await shellIn(
      node,
      pod,
      'grep -o "^nodev /huge hugetlbfs .*pagesize=2M" /proc/mounts | wc -l; stat -c %a:%g /huge; truncate -s 2M /huge/x; stat -c %o:%s /huge/x',
    );
    assert.equal(output, '1\n2775:2000\n2097152:2097152\n');
    const cgroups = detectCgroups();
    const { cgroupRoot, cgroupDriver } = node.options;
    const directory = cgroups.directory(
      podCgroup(cgroupRoot, cgroupDriver, 'Burstable', pod.metadata.uid),
      'hugetlb',
    );
    if (directory !== undefined) {
      const file = cgroups.version === 'v2' ? 'hugetlb.2MB.max' : 'hugetlb.2MB.limit_in_bytes';
      assert.equal(readFileSync(join(directory, file), 'utf8').trim(), '4194304');
    }
    await endAll(node, kubelet, pod);

    const without = shellPod('no-huge', forever, { volumes }, { volumeMounts: mountsOf(volumes) });
    kubelet.setPods([without]);
    await untilStatus(
      kubelet,
      without,
      'waits',
      ({ containerStatuses }) =>
        containerStatuses?.[0]?.state?.waiting?.message ===
        'MountVolume.SetUp failed for volume "huge" : medium HugePages-2Mi: hugePages storage requested, but there is no resource request for huge pages',
    );
    await endAll(node, kubelet, without);
  });
});
