// bindMountOptions: what a container cannot do with the files of a volume, and another one still can.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { testImage } from '@berth/test-support/pods.ts';
import type { Pod, Volume } from '../api/pod.ts';
import { onEveryRuntime } from '../testing/every-runtime.ts';
import { shellIn } from '../testing/exec.ts';
import { forever, shellPod, untilRunning, untilStatus } from '../testing/node.ts';
import { testContainer } from '../testing/pod.ts';
import { endAll } from '../testing/remains.ts';

const optionsOf = {
  scratch: ['noexec'],
  host: ['nodev'],
  memory: ['nosuid'],
  told: ['noexec', 'nodev', 'nosuid'],
} as const;
type Name = keyof typeof optionsOf;
const names = Object.keys(optionsOf) as Name[];

/** A pod of `main`, whose mounts have the options, and `plain`, whose mounts of the same volumes have none. */
function restrictedPod(hostPath: string): Pod {
  const volumes: Volume[] = [
    { name: 'scratch', emptyDir: {} },
    { name: 'host', hostPath: { path: hostPath } },
    { name: 'memory', emptyDir: { medium: 'Memory' } },
    {
      name: 'told',
      projected: {
        sources: [{ downwardAPI: { items: [{ path: 'name', fieldRef: { fieldPath: 'metadata.name' } }] } }],
      },
    },
  ];
  const pod = shellPod(
    'restricted',
    forever,
    { volumes },
    {
      volumeMounts: names.map((name) => ({
        name,
        mountPath: `/${name}`,
        bindMountOptions: [...optionsOf[name]],
      })),
    },
  );
  const plain = testContainer({
    name: 'plain',
    image: testImage,
    command: ['/bin/sh', '-c', forever],
    volumeMounts: names.map((name) => ({ name, mountPath: `/${name}` })),
  });
  return { ...pod, spec: { ...pod.spec, containers: [...pod.spec.containers, plain] } };
}

onEveryRuntime((podTest) => {
  podTest('bindMountOptions restrict one mount of a volume', async ({ runtime, node, kubelet }) => {
    const hostPath = join(node.dir, 'host');
    mkdirSync(hostPath);
    const pod = restrictedPod(hostPath);
    kubelet.setPods([pod]);
    if (runtime === 'berthd') {
      await untilRunning(kubelet, pod);
      const shell = async (container: string, script: string): Promise<string> =>
        (await shellIn(node, pod, script, container)).output.trim();

      await shell('main', 'cp /bin/busybox /scratch/true');
      assert.match(await shell('main', '/scratch/true'), /Permission denied/);
      assert.equal(await shell('plain', '/scratch/true && echo runs'), 'runs');

      await shell('main', '/bin/busybox mknod -m 666 /host/null c 1 3');
      assert.match(await shell('main', 'echo x > /host/null'), /Permission denied/);
      assert.equal(await shell('plain', 'echo x > /host/null && echo writes'), 'writes');

      // busybox tells that it has not become root.
      await shell('main', 'cp /bin/busybox /memory/su; chmod 4755 /memory/su');
      const becomeRoot = '/bin/busybox su -s /bin/sh nobody -c "/memory/su root </dev/null"';
      assert.match(await shell('main', becomeRoot), /must be suid to work properly/);
      assert.doesNotMatch(await shell('plain', becomeRoot), /must be suid to work properly/);

      const flags = 'grep " /told " /proc/mounts | grep -oE "noexec|nodev|nosuid"; cat /told/name';
      assert.deepEqual((await shell('main', flags)).split('\n').sort(), [
        'nodev',
        'noexec',
        'nosuid',
        'restricted',
      ]);
    } else {
      const status = await untilStatus(kubelet, pod, 'is rejected', ({ phase }) => phase === 'Failed');
      assert.equal(status.reason, 'PodFeatureUnsupported');
    }
    await endAll(node, kubelet, pod);
  });
});
