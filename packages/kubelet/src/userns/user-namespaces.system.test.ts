// Pods with `hostUsers: false`: what they see, and which ids they have before and after a restart of the kubelet.
import assert from 'node:assert/strict';
import { chmodSync, existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { canShiftOwners } from '@berth/linux/namespaces/user-namespace.ts';
import { until } from '@berth/test-support/until.ts';
import type { Pod } from '../api/pod.ts';
import { podDir } from '../paths/pod-paths.ts';
import {
  forever,
  shellPod,
  startTestNode,
  testRuntimes,
  untilRunning,
  untilStatus,
} from '../testing/node.ts';
import { endAll, logOf } from '../testing/remains.ts';

const mapText = (firstId: number) => `0 ${firstId} 65536`;
const words = (line: string) => line.trim().replaceAll(/\s+/g, ' ');

/** Volumes of Secrets, hosts files and termination logs are on tmpfs, which maps ids since Linux 6.3. */
const needsTmpfsIds = canShiftOwners('/dev/shm') ? {} : { skip: 'tmpfs of this kernel maps no ids' };

test('a pod has users of its own, sees its files as theirs, and keeps its ids', needsTmpfsIds, async () => {
  await using node = await startTestNode('berthd');
  // The pod's root has to pass through to the roots of its containers.
  chmodSync(node.dir, 0o711);
  const script = [
    'cat /proc/self/uid_map /proc/self/gid_map',
    'stat -c %u:%g:%a /etc/hosts /dev/termination-log /data',
    'touch /data/file && stat -c %u /data/file',
    'grep -c " /proc/" /proc/self/mountinfo',
    'echo told > /dev/termination-log',
    forever,
  ].join('; ');
  const usersPod = (name: string): Pod =>
    shellPod(
      name,
      script,
      { hostUsers: false, restartPolicy: 'Always', volumes: [{ name: 'data', emptyDir: {} }] },
      {
        volumeMounts: [{ name: 'data', mountPath: '/data' }],
        securityContext: { procMount: 'Unmasked' },
      },
    );
  const pods = [usersPod('one'), usersPod('two')];
  const [one, two] = pods;
  assert.ok(one && two);
  const file = (pod: Pod) => join(podDir(node.options, pod.metadata.uid), 'userns');
  const kubelet = node.kubelet();
  kubelet.setPods(pods);
  for (const pod of pods) await untilRunning(kubelet, pod);
  const first = await Promise.all(
    pods.map(async (pod) => {
      const log = await until('it has logged', () => {
        const lines = logOf(node, pod).trim().split('\n');
        return lines.length === 7 ? lines : undefined;
      });
      const [users = '', groups, ...seen] = log.map(words);
      assert.equal(groups, users);
      // Nothing is mounted over parts of an unmasked /proc.
      assert.deepEqual(seen, ['0:0:644', '0:0:666', '0:0:777', '0', '0']);
      const id = Number(users.split(' ')[1]);
      assert.equal(users, mapText(id));
      const mapping = { hostId: id, containerId: 0, length: 65_536 };
      assert.deepEqual(JSON.parse(readFileSync(file(pod), 'utf8')), {
        uidMappings: [mapping],
        gidMappings: [mapping],
      });
      assert.equal(statSync(file(pod)).mode & 0o777, 0o600);
      return id;
    }),
  );
  const [ofOne = 0, ofTwo = 0] = first;
  assert.notEqual(ofOne, ofTwo);
  for (const id of first) assert.ok(id >= 65_536 && id % 65_536 === 0, `${id}`);

  await kubelet.stop();
  const next = node.kubelet();
  const three = usersPod('three');
  // The pod that goes first frees its ids; the one that stays keeps them for another container, too.
  next.setPods([two, three]);
  await untilRunning(next, three);
  await until('the first is gone', () => !existsSync(file(one)));
  const { containers } = await node.cri.runtime.listContainers({});
  for (const { id, labels } of containers) {
    if (labels['io.kubernetes.pod.uid'] !== two.metadata.uid) continue;
    await node.cri.runtime.stopContainer({ containerId: id, timeout: 0n });
  }
  await untilStatus(next, two, 'runs again', ({ containerStatuses }) => {
    const [status] = containerStatuses ?? [];
    return status?.state?.running !== undefined && status.restartCount === 1;
  });
  const idOf = (pod: Pod) => JSON.parse(readFileSync(file(pod), 'utf8')).uidMappings[0].hostId;
  assert.equal(idOf(two), ofTwo);
  assert.notEqual(idOf(three), ofTwo);
  await endAll(node, next, two, three);
});

test('a runtime without user namespaces, and one without the handler, leave the pod waiting', async () => {
  for (const runtime of testRuntimes) {
    await using node = await startTestNode(runtime);
    const kubelet = node.kubelet();
    const shifted = shellPod('shifted', forever, { hostUsers: false });
    const kata = shellPod('kata', forever, { runtimeClassName: 'no-such-handler' });
    kubelet.setPods(runtime === 'berthd' ? [kata] : [shifted, kata]);
    const waiting = async (pod: Pod) => {
      const status = await untilStatus(
        kubelet,
        pod,
        'waits',
        ({ containerStatuses }) => containerStatuses?.[0]?.state?.waiting?.message !== undefined,
      );
      return status.containerStatuses?.[0]?.state?.waiting;
    };
    const { reason, message = '' } = (await waiting(kata)) ?? {};
    assert.equal(reason, 'ContainerCreating');
    if (runtime === 'berthd') assert.equal(message, 'runtimeclass.node.k8s.io "no-such-handler" not found');
    // An old containerd tells no handlers, and refuses the sandbox itself.
    else {
      assert.match(message, /no runtime for "no-such-handler" is configured/);
      assert.equal(
        (await waiting(shifted))?.message,
        "can't set `spec.hostUsers: false`, runtime does not support user namespaces",
      );
    }
    await endAll(node, kubelet, shifted, kata);
  }
});
