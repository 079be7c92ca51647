// What containers see of volumes whose files the kubelet writes, and that changes reach them while they run.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { mountsBelow } from '@berth/linux/mounts/mount.ts';
import { eventually } from '@berth/test-support/until.ts';
import type { Pod } from '../api/pod.ts';
import type { Kubelet } from '../kubelet.ts';
import { onEveryRuntime } from '../testing/every-runtime.ts';
import { shellIn } from '../testing/exec.ts';
import { forever, shellPod, untilRunning, untilStatus } from '../testing/node.ts';
import { endAll } from '../testing/remains.ts';

/** Wakes the pod's worker, as an event of an object does. */
function wake(kubelet: Kubelet, pod: Pod): void {
  kubelet.setPods([structuredClone(pod)]);
}

onEveryRuntime((podTest) => {
  podTest(
    'configMap and secret: contents, modes, owners, and their update in place',
    async ({ node, kubelet }) => {
      const { objects } = node;
      objects.set('ConfigMap', 'settings', { color: 'red', size: 'big', blob: Buffer.from([0, 255]) });
      objects.set('Secret', 'keys', { user: 'me', word: 'secret' });
      const pod = shellPod(
        'files',
        forever,
        {
          volumes: [
            { name: 'all', configMap: { name: 'settings', defaultMode: 0o644 } },
            {
              name: 'some',
              configMap: {
                name: 'settings',
                defaultMode: 0o444,
                items: [{ key: 'color', path: 'a/b', mode: 0o400, user: 5 }],
              },
            },
            { name: 'keys', secret: { secretName: 'keys', defaultMode: 0o600 } },
            { name: 'none', configMap: { name: 'missing', optional: true } },
          ],
        },
        {
          volumeMounts: [
            { name: 'all', mountPath: '/all' },
            { name: 'some', mountPath: '/some' },
            { name: 'keys', mountPath: '/keys' },
            { name: 'none', mountPath: '/none' },
            { name: 'all', mountPath: '/one', subPath: 'color' },
          ],
        },
      );
      kubelet.setPods([pod]);
      await untilRunning(kubelet, pod);
      const shell = (script: string) => shellIn(node, pod, script).then(({ output }) => output);
      assert.equal(
        await shell(
          'cd /all; ls; cat color size; stat -L -c %a:%u:%g color; od -An -tx1 blob; readlink color',
        ),
        'blob\ncolor\nsize\nredbig644:0:0\n 00 ff\n..data/color\n',
      );
      assert.equal(
        await shell('cd /some; find . -follow -type f -not -path "*/..*"; stat -L -c %a:%u:%g a/b'),
        './a/b\n400:5:0\n',
      );
      assert.equal(
        await shell('cat /keys/word /one; stat -L -c %a /keys/word; grep -c "^tmpfs /keys " /proc/mounts'),
        'secretred600\n1\n',
      );
      assert.equal(await shell('ls /none'), '');
      for (const path of ['/all', '/some', '/keys', '/none', '/one']) {
        assert.match(await shell(`touch ${path}/new`), /Read-only file system|Not a directory/);
      }

      objects.set('ConfigMap', 'settings', { color: 'blue', shape: 'round' });
      objects.set('Secret', 'keys', { user: 'me', word: 'changed' });
      objects.set('ConfigMap', 'missing', { now: 'here' });
      const began = performance.now();
      wake(kubelet, pod);
      await eventually(async () => {
        assert.equal(await shell('cd /all; ls; cat color shape'), 'color\nshape\nblueround');
        assert.equal(await shell('cat /some/a/b /keys/word /none/now'), 'bluechangedhere');
      });
      assert.ok(performance.now() - began < 5000);
      assert.equal(await shell('cat /one'), 'red', 'a subPath does not follow');

      objects.remove('ConfigMap', 'settings');
      objects.set('Secret', 'keys', { user: 'me', word: 'again' });
      wake(kubelet, pod);
      await eventually(async () => assert.equal(await shell('cat /keys/word /all/color'), 'againblue'));
      assert.equal((await untilRunning(kubelet, pod)).containerStatuses?.[0]?.restartCount, 0);
      await endAll(node, kubelet, pod);
    },
  );

  podTest('immutable objects stay as they were first', async ({ node, kubelet }) => {
    const { objects } = node;
    objects.set('ConfigMap', 'fixed', { a: '1' }, { immutable: true });
    objects.set('ConfigMap', 'free', { a: '1' });
    const pod = shellPod(
      'fixed',
      forever,
      { volumes: ['fixed', 'free'].map((name) => ({ name, configMap: { name, defaultMode: 0o644 } })) },
      { volumeMounts: ['fixed', 'free'].map((name) => ({ name, mountPath: `/${name}` })) },
    );
    kubelet.setPods([pod]);
    await untilRunning(kubelet, pod);
    objects.set('ConfigMap', 'fixed', { a: '2' }, { immutable: true });
    objects.set('ConfigMap', 'free', { a: '2' });
    wake(kubelet, pod);
    await eventually(async () => assert.equal((await shellIn(node, pod, 'cat /free/a')).output, '2'));
    assert.equal((await shellIn(node, pod, 'cat /fixed/a')).output, '1');
    await endAll(node, kubelet, pod);
  });

  podTest('a pod waits for what its volumes need, and starts when it appears', async ({ node, kubelet }) => {
    const { objects } = node;
    const pod = shellPod(
      'waiting',
      forever,
      {
        volumes: [
          {
            name: 'config',
            configMap: { name: 'later', defaultMode: 0o644, items: [{ key: 'k', path: 'p' }] },
          },
          { name: 'keys', secret: { secretName: 'later', defaultMode: 0o644 } },
        ],
      },
      { volumeMounts: ['config', 'keys'].map((name) => ({ name, mountPath: `/${name}` })) },
    );
    const untilTold = (problem: string) =>
      untilStatus(kubelet, pod, problem, ({ phase, containerStatuses }) => {
        const { reason, message } = containerStatuses?.[0]?.state?.waiting ?? {};
        return phase === 'Pending' && reason === 'ContainerCreating' && message === problem;
      });
    kubelet.setPods([pod]);
    await untilTold('MountVolume.SetUp failed for volume "config" : configmap "later" not found');
    objects.set('ConfigMap', 'later', { other: '1' });
    wake(kubelet, pod);
    await untilTold(
      'MountVolume.SetUp failed for volume "config" : configmap references non-existent config key: k',
    );
    objects.set('ConfigMap', 'later', { k: '1' });
    wake(kubelet, pod);
    await untilTold('MountVolume.SetUp failed for volume "keys" : secret "later" not found');
    objects.set('Secret', 'later', {});
    // Not woken: the kubelet tries again on its own.
    await untilRunning(kubelet, pod);
    assert.equal((await shellIn(node, pod, 'cat /config/p')).output, '1');
    await endAll(node, kubelet, pod);
  });

  podTest('fsGroup makes files readable for users of every kind', async ({ node, kubelet }) => {
    node.objects.set('Secret', 'grouped', { word: 'secret' });
    const pod = shellPod(
      'grouped',
      forever,
      {
        securityContext: { runAsUser: 1234, fsGroup: 2000 },
        volumes: [
          { name: 'keys', secret: { secretName: 'grouped', defaultMode: 0o400 } },
          { name: 'work', emptyDir: { mode: 0o700 } },
        ],
      },
      {
        volumeMounts: [
          { name: 'keys', mountPath: '/keys' },
          { name: 'work', mountPath: '/work' },
        ],
      },
    );
    kubelet.setPods([pod]);
    await untilRunning(kubelet, pod);
    const { output } = await shellIn(
      node,
      pod,
      'id -u; cat /keys/word; stat -L -c " %a:%u:%g" /keys /keys/..data /keys/word /work; echo x > /work/x; stat -c %u:%g /work/x',
    );
    assert.equal(
      output,
      ['1234', 'secret 3777:0:2000', ' 2755:0:2000', ' 440:0:2000', ' 2770:0:2000', '1234:2000', ''].join(
        '\n',
      ),
    );
    node.objects.set('Secret', 'grouped', { word: 'new' });
    wake(kubelet, pod);
    await eventually(async () => assert.equal((await shellIn(node, pod, 'cat /keys/word')).output, 'new'));
    await endAll(node, kubelet, pod);
  });

  podTest('a thousand keys, a megabyte, and volumes below volumes', async ({ node, kubelet }) => {
    const { objects } = node;
    const thousand = Object.fromEntries(
      Array.from({ length: 1000 }, (_, index) => [`key-${index}`, `${index}`]),
    );
    objects.set('ConfigMap', 'many', thousand);
    objects.set('Secret', 'large', { blob: Buffer.alloc(1024 * 1024, 7) });
    const pod = shellPod(
      'many',
      forever,
      {
        volumes: [
          { name: 'many', configMap: { name: 'many', defaultMode: 0o644 } },
          { name: 'large', secret: { secretName: 'large', defaultMode: 0o644 } },
        ],
      },
      {
        volumeMounts: [
          { name: 'many', mountPath: '/many' },
          { name: 'large', mountPath: '/many/below' },
        ],
      },
    );
    kubelet.setPods([pod]);
    await untilRunning(kubelet, pod);
    const count = 'ls /many | grep -c key; cat /many/key-999; wc -c < /many/below/blob';
    assert.equal((await shellIn(node, pod, count)).output, '1000\n9991048576\n');
    objects.set('ConfigMap', 'many', { ...thousand, 'key-999': 'changed' });
    wake(kubelet, pod);
    await eventually(async () =>
      assert.equal((await shellIn(node, pod, count)).output, '1000\nchanged1048576\n'),
    );
    await endAll(node, kubelet, pod);
  });

  podTest('a restarted kubelet goes on with the volumes', async ({ node, kubelet }) => {
    const { objects } = node;
    objects.set('ConfigMap', 'kept', { a: '1' });
    objects.set('Secret', 'kept', { b: '1' });
    const pod = shellPod(
      'kept',
      forever,
      {
        volumes: [
          { name: 'c', configMap: { name: 'kept', defaultMode: 0o644 } },
          { name: 's', secret: { secretName: 'kept', defaultMode: 0o644 } },
        ],
      },
      { volumeMounts: ['c', 's'].map((name) => ({ name, mountPath: `/${name}` })) },
    );
    kubelet.setPods([pod]);
    await untilRunning(kubelet, pod);
    const version = (await shellIn(node, pod, 'readlink /c/..data /s/..data')).output;
    const next = node.kubelet();
    try {
      const mounts = mountsBelow(node.options.rootDir).length;
      next.setPods([pod]);
      await untilRunning(next, pod);
      assert.equal((await shellIn(node, pod, 'readlink /c/..data /s/..data')).output, version);
      objects.set('ConfigMap', 'kept', { a: '2' });
      objects.set('Secret', 'kept', { b: '2' });
      wake(next, pod);
      await eventually(async () => assert.equal((await shellIn(node, pod, 'cat /c/a /s/b')).output, '22'));
      assert.equal(mountsBelow(node.options.rootDir).length, mounts);
      const volumes = join(node.options.rootDir, 'pods', pod.metadata.uid, 'volumes');
      assert.equal(readFileSync(join(volumes, 'kubernetes.io~configmap/c/a'), 'utf8'), '2');
      assert.equal(readFileSync(join(volumes, 'kubernetes.io~secret/s/b'), 'utf8'), '2');
    } finally {
      await next.stop();
    }
    await endAll(node, kubelet, pod);
  });
});
