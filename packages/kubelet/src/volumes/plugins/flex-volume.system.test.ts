// flexVolume volumes with a real driver, a shell script that mounts a tmpfs: what it is told, and what is left after it.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Pod } from '../../api/pod.ts';
import { shellIn } from '../../testing/exec.ts';
import {
  forever,
  shellPod,
  startTestNode,
  type TestNode,
  untilRunning,
  untilStatus,
} from '../../testing/node.ts';
import { endAll } from '../../testing/remains.ts';

const driver = 'berth.dev/tmp';
const works = `
mount) mount -t tmpfs flex "$2" && echo "$3" > "$2/options" && echo '{"status":"Success"}';;
unmount) umount "$2" && rmdir "$2" && echo '{"status":"Success"}';;`;
const ofOneNode = '{"status":"Success","capabilities":{"attach":false}}';

/** Installs the driver, which notes its calls; `commands` are cases of a shell. */
function install({ dir }: TestNode, commands: string, init = ofOneNode): void {
  const folder = join(dir, 'drivers', 'berth.dev~tmp');
  mkdirSync(folder, { recursive: true });
  const script = `#!/bin/sh
echo "$1 $2" >> ${dir}/calls
case "$1" in
init) echo '${init}';;${commands}
*) echo '{"status":"Not supported"}'; exit 1;;
esac
`;
  writeFileSync(join(folder, 'tmp'), script, { mode: 0o755 });
}

const podWith = (name: string, flexVolume: object): Pod =>
  shellPod(
    name,
    forever,
    {
      securityContext: { fsGroup: 1234 },
      volumes: [{ name: 'data', flexVolume: { driver, ...flexVolume } }],
    },
    { volumeMounts: [{ name: 'data', mountPath: '/data' }] },
  );

test('a driver mounts a volume once with what its manifest says, and unmounts it', async () => {
  await using node = await startTestNode('berthd');
  install(node, works);
  node.objects.set('Secret', 'key', { word: 'open' }, { type: driver });
  const changes = { volumePluginDir: join(node.dir, 'drivers') };
  const pod = podWith('flex', { fsType: 'ext4', options: { size: '1' }, secretRef: { name: 'key' } });
  const readOnly = podWith('flexro', { readOnly: true });
  const first = node.kubelet(changes);
  first.setPods([pod, readOnly]);
  for (const each of [pod, readOnly]) await untilRunning(first, each);
  const { output } = await shellIn(
    node,
    pod,
    'cat /data/options; stat -c %g /data; touch /data/mine && echo writes',
  );
  const [options = '', ...seen] = output.trim().split('\n');
  assert.deepEqual(JSON.parse(options), {
    'kubernetes.io/fsType': 'ext4',
    'kubernetes.io/readwrite': 'rw',
    'kubernetes.io/pvOrVolumeName': 'data',
    'kubernetes.io/pod.name': pod.metadata.name,
    'kubernetes.io/pod.namespace': 'default',
    'kubernetes.io/pod.uid': pod.metadata.uid,
    'kubernetes.io/serviceAccount.name': '',
    'kubernetes.io/secret/word': Buffer.from('open').toString('base64'),
    'kubernetes.io/mounterArgs.FsGroup': '1234',
    size: '1',
  });
  assert.deepEqual(seen, ['1234', 'writes']);
  const other = await shellIn(
    node,
    readOnly,
    'touch /data/mine 2>/dev/null || echo refused; stat -c %g /data',
  );
  assert.deepEqual(other.output.trim().split('\n'), ['refused', '0']);

  await first.stop();
  const next = node.kubelet(changes);
  next.setPods([pod, readOnly]);
  await untilRunning(next, pod);
  await endAll(node, next, pod, readOnly);
  const calls = readFileSync(join(node.dir, 'calls'), 'utf8').trim().split('\n');
  const count = (command: string) => calls.filter((call) => call.startsWith(`${command} `)).length;
  assert.deepEqual([count('mount'), count('unmount')], [2, 2], calls.join('\n'));
});

test('a pod waits with the reason of its driver, and starts when the driver works', async () => {
  await using node = await startTestNode('berthd');
  const kubelet = node.kubelet({ volumePluginDir: join(node.dir, 'drivers') });
  const pod = podWith('waits', {});
  kubelet.setPods([pod]);
  const untilMessage = (message: RegExp) =>
    untilStatus(kubelet, pod, `waits with ${message}`, ({ containerStatuses }) =>
      message.test(containerStatuses?.[0]?.state?.waiting?.message ?? ''),
    );
  await untilMessage(
    /^MountVolume.SetUp failed for volume "data" : no volume plugin matched: .* has no driver berth.dev\/tmp$/,
  );
  install(node, works, '{"status":"Success"}');
  await untilMessage(/have to be attached by a controller of the cluster/);
  install(node, `\nmount) echo '{"status":"Failure","message":"no disk"}'; exit 1;;`);
  await untilMessage(/ : mount command failed, status: Failure, reason: no disk$/);
  // Without a command to unmount the kubelet unmounts.
  install(node, works.replace(/\nunmount.*/, ''));
  await untilRunning(kubelet, pod);
  await endAll(node, kubelet, pod);
});
