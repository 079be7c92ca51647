// One manifest directory, two runtimes: a kubelet on containerd and a kubelet on berthd run the same pods from
// it, and crictl lists the same on both.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { detectCgroups } from '@berth/linux/cgroups/detect.ts';
import { layOutBerthd, startBerthd } from '@berth/test-support/berthd.ts';
import { startContainerd } from '@berth/test-support/containerd.ts';
import { moveHugetlbToV1 } from '@berth/test-support/hugetlb.ts';
import { loadTestImage } from '@berth/test-support/images.ts';
import { startKubelet } from '@berth/test-support/kubelet.ts';
import { PodNetwork } from '@berth/test-support/pod-network.ts';
import { testImage } from '@berth/test-support/pods.ts';
import { checkout, scratchDir } from '@berth/test-support/scratch.ts';
import { until } from '@berth/test-support/until.ts';

const manifest = `apiVersion: v1
kind: Pod
metadata:
  name: pair
  labels: { app: pair }
spec:
  terminationGracePeriodSeconds: 1
  initContainers:
    - name: prepare
      image: ${testImage}
      command: [sh, -c, 'echo "written by $WHO" > /shared/text']
      env: [{ name: WHO, valueFrom: { fieldRef: { fieldPath: metadata.name } } }]
      volumeMounts: [{ name: shared, mountPath: /shared }]
    - name: verify
      image: ${testImage}
      command: [grep, written, /shared/text]
      volumeMounts: [{ name: shared, mountPath: /shared }]
  containers:
    - name: reads
      image: ${testImage}
      command: [sh, -c, 'cat /shared/text; trap "exit 0" TERM; sleep 600 & wait']
      volumeMounts: [{ name: shared, mountPath: /shared, readOnly: true }]
      resources: { limits: { memory: 32Mi } }
    - name: waits
      image: ${testImage}
      command: [sh, -c, 'trap "exit 0" TERM; sleep 600 & wait']
  volumes: [{ name: shared, emptyDir: {} }]
---
apiVersion: v1
kind: Pod
metadata: { name: job }
spec:
  restartPolicy: Never
  containers: [{ name: once, image: ${testImage}, command: [sh, -c, exit 3] }]
`;

function crictl(socket: string, ...args: string[]): string {
  const env = { ...process.env, CRI_CONFIG_FILE: '/dev/null' };
  return execFileSync(join(checkout, 'bin/crictl'), ['-r', socket, ...args], { encoding: 'utf8', env });
}

/** What crictl shows of every pod and container, without what differs from run to run. */
function listing(socket: string) {
  const { items }: { items: { metadata: { name: string; namespace: string }; state: string }[] } = JSON.parse(
    crictl(socket, 'pods', '-o', 'json'),
  );
  const { containers }: { containers: { id: string; metadata: { name: string }; state: string }[] } =
    JSON.parse(crictl(socket, 'ps', '-a', '-o', 'json'));
  const { containers: running }: { containers: { metadata: { name: string } }[] } = JSON.parse(
    crictl(socket, 'ps', '-o', 'json'),
  );
  const reads = containers.find(({ metadata }) => metadata.name === 'reads');
  return {
    pods: items.map(({ metadata, state }) => `${metadata.namespace}/${metadata.name} ${state}`).sort(),
    containers: containers.map(({ metadata, state }) => `${metadata.name} ${state}`).sort(),
    running: running.map(({ metadata }) => metadata.name).sort(),
    log: reads ? crictl(socket, 'logs', reads.id) : '',
  };
}

test('the same manifests run on containerd and on berthd, and crictl lists the same on both', async () => {
  moveHugetlbToV1();
  await using resources = new AsyncDisposableStack();
  const [ours, theirs] = [resources.use(scratchDir('ours')).path, resources.use(scratchDir('theirs')).path];
  const manifests = join(ours, 'manifests');
  mkdirSync(manifests);
  for (const dir of [ours, theirs]) {
    resources.defer(() => detectCgroups().remove(dir.slice('/run'.length)));
  }
  const oursNetwork = resources.use(await PodNetwork.take('ours'));
  const theirsNetwork = resources.use(await PodNetwork.take('theirs'));
  const paths = layOutBerthd(ours);
  oursNetwork.writeConflist({ confDir: paths.cniConfDir, dataDir: join(ours, 'leases') });
  theirsNetwork.writeConflist({ confDir: theirs, dataDir: join(theirs, 'leases') });
  const berthd = resources.use(await startBerthd(paths, ours));
  await loadTestImage(paths.socket);
  const containerd = resources.use(await startContainerd({ dir: join(theirs, 'c'), cniConfDir: theirs }));
  const sockets = [paths.socket, containerd.socket];
  const kubelets = [
    resources.use(await startKubelet({ dir: ours, endpoint: `unix://${paths.socket}`, manifests })),
    resources.use(await startKubelet({ dir: theirs, endpoint: containerd.socket, manifests })),
  ];
  const logs = () =>
    [berthd, containerd, ...kubelets].map((daemon) => daemon.output().slice(-2000)).join('\n');

  writeFileSync(join(manifests, 'pods.yaml'), manifest);
  const expected = {
    pods: ['default/job-testnode SANDBOX_NOTREADY', 'default/pair-testnode SANDBOX_READY'],
    containers: [
      'once CONTAINER_EXITED',
      'prepare CONTAINER_EXITED',
      'reads CONTAINER_RUNNING',
      'verify CONTAINER_EXITED',
      'waits CONTAINER_RUNNING',
    ],
    running: ['reads', 'waits'],
    log: 'written by pair-testnode\n',
  };
  const isThere = (socket: string) => JSON.stringify(listing(socket)) === JSON.stringify(expected);
  for (const socket of sockets) {
    await until(`the pods run on ${socket}`, async () => isThere(socket), logs).catch(() =>
      assert.deepEqual(listing(socket), expected, logs()),
    );
  }
  rmSync(join(manifests, 'pods.yaml'));
  const isGone = (socket: string) => crictl(socket, 'pods', '-q') === '';
  for (const socket of sockets)
    await until(`the pods are gone from ${socket}`, async () => isGone(socket), logs);
});
