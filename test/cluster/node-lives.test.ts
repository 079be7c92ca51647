// What happens to nodes and comes to their pods, with the real kubelet and with ours: drained, tainted, deleted,
// rebooted, renamed.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { PodSandboxState } from '@berth/cri/generated/api.ts';
import { bindMount, unmount } from '@berth/linux/mounts/mount.ts';
import { type ClusterNode, startNode } from '@berth/test-support/cluster/node.ts';
import { testCluster } from '@berth/test-support/cluster/test-cluster.ts';
import { eventually, until } from '@berth/test-support/until.ts';
import { daemonSet, deployment } from './controllers.ts';
import { kubelets } from './kubelets.ts';
import { nodeIsReady } from './objects.ts';
import { containersOf, forever, isReady, Pods, podOn } from './pod-objects.ts';

const cluster = await testCluster();
const { admin, kubectl } = cluster;
const pods = new Pods(cluster);
const bootIdFile = '/proc/sys/kernel/random/boot_id';

interface Node {
  metadata: { uid: string };
  status: { nodeInfo: { bootID: string } };
}

interface Event {
  reason: string;
  type: string;
  message: string;
  involvedObject: { kind: string; name: string };
}

for (const kubelet of kubelets) {
  const name = `${kubelet}-n`;
  const of = (what: string): string => `${what}-${kubelet}`;
  let started: ClusterNode | undefined;
  const node = async (): Promise<ClusterNode> => {
    started ??= await startNode({ cluster, name, kubelet });
    await nodeIsReady(cluster, name);
    return started;
  };
  after(() => started?.[Symbol.asyncDispose]());
  const path = `/api/v1/nodes/${name}`;

  test(`${kubelet} kubelet: drain goes as far as a PodDisruptionBudget lets it; uncordoned, the node has pods again`, async () => {
    await node();
    const [web, agent] = [of('web'), of('agent')];
    const [app, daemons] = [`app=${web}`, `app=${agent}`];
    await kubectl.apply(
      deployment({ name: web, node: name, replicas: 2 }),
      daemonSet({ name: agent, node: name }),
      {
        apiVersion: 'policy/v1',
        kind: 'PodDisruptionBudget',
        metadata: { name: web },
        spec: { minAvailable: 1, selector: { matchLabels: { app: web } } },
      },
    );
    const [first] = await pods.allReady(daemons, 1);
    await pods.allReady(app, 2);
    const budget = `/apis/policy/v1/namespaces/default/poddisruptionbudgets/${web}`;
    interface Budget {
      status: { disruptionsAllowed: number };
    }
    await until('one pod may go', async () => (await admin.get<Budget>(budget)).status.disruptionsAllowed);

    const drain = (...more: string[]) => kubectl.run(['drain', name, '--ignore-daemonsets', ...more]);
    await assert.rejects(drain('--timeout=8s'), /would violate the pod's disruption budget/);
    // One has gone, and its successor has nowhere to be.
    const kept = await pods.listThat(app, 'are one that runs and one that waits', (all) => {
      return all.length === 2 && all.filter(isReady).length === 1;
    });
    assert.equal(kept.find((pod) => !isReady(pod))?.spec.nodeName, undefined);
    await admin.delete(budget);
    await drain('--timeout=60s');
    const waiting = await pods.list(app);
    assert.ok(waiting.every(({ spec }) => spec.nodeName === undefined));
    assert.deepEqual((await pods.list(daemons)).map(containersOf), first && [containersOf(first)]);
    await kubectl.run(['uncordon', name]);
    await pods.allReady(app, 2);
    await kubectl.run(['delete', 'deployment', web]);
    await kubectl.run(['delete', 'daemonset', agent]);
    await pods.noneOf(`app in (${web},${agent})`);
  });

  test(`${kubelet} kubelet: a taint that executes ends the pods that do not tolerate it`, async () => {
    await node();
    const [goes, stays] = [of('goes'), of('stays')];
    const toleration = { key: 'berth.test/out', operator: 'Exists', effect: 'NoExecute' };
    await kubectl.apply(
      podOn(name, goes, forever),
      podOn(name, stays, forever, { tolerations: [toleration] }),
    );
    await pods.ready(goes);
    const before = await pods.ready(stays);
    await kubectl.run(['taint', 'node', name, 'berth.test/out=1:NoExecute']);
    await pods.gone(goes);
    await kubectl.run(['taint', 'node', name, 'berth.test/out-']);
    assert.deepEqual(containersOf(await pods.ready(stays)), containersOf(before));
    await kubectl.run(['delete', 'pod', stays]);
  });

  test(`${kubelet} kubelet: a node that was deleted is registered again by a restart, and its pods go on`, async () => {
    const { kubelet: process } = await node();
    const pod = of('kept');
    await kubectl.apply(podOn(name, pod, forever));
    const before = await pods.ready(pod);
    const { metadata } = await admin.get<Node>(path);
    await admin.delete(path);
    // Its pods can be asked for still, and can change.
    assert.equal(await kubectl.run(['label', 'pod', pod, 'seen=yes']), `pod/${pod} labeled\n`);
    await process.restart();
    await nodeIsReady(cluster, name);
    const again = await admin.get<Node>(path);
    assert.notEqual(again.metadata.uid, metadata.uid);
    await eventually(() => kubectl.run(['exec', pod, '--', 'true']));
    assert.deepEqual(containersOf(await pods.ready(pod)), containersOf(before));
    await kubectl.run(['delete', 'pod', pod]);
  });

  test(`${kubelet} kubelet: after a reboot the node tells so, and its pods run again`, async () => {
    const { kubelet: process, runtime } = await node();
    const [lasting, done] = [of('lasting'), of('done')];
    await kubectl.apply(
      podOn(name, lasting, forever),
      podOn(name, done, 'exit 0', { restartPolicy: 'Never' }),
    );
    const before = await pods.ready(lasting);
    await pods.that(done, 'has succeeded', ({ status }) => status.phase === 'Succeeded');
    await process.stop('SIGKILL');
    const { runtime: cri } = runtime.client;
    for (const { id } of (await cri.listPodSandbox({})).items) await cri.stopPodSandbox({ podSandboxId: id });
    const bootID = randomUUID();
    const file = join(runtime.dir, 'boot_id');
    writeFileSync(file, `${bootID}\n`);
    using undo = new DisposableStack();
    bindMount(file, bootIdFile);
    undo.defer(() => unmount(bootIdFile));
    await process.restart();
    await nodeIsReady(cluster, name);
    const told = await until('the reboot is told', async () => {
      const { items } = await admin.get<{ items: Event[] }>('/api/v1/namespaces/default/events');
      return items.find(
        ({ reason, involvedObject }) => reason === 'Rebooted' && involvedObject.name === name,
      );
    });
    assert.deepEqual(
      [told.type, told.message],
      ['Warning', `Node ${name} has been rebooted, boot id: ${bootID}`],
    );
    assert.equal((await admin.get<Node>(path)).status.nodeInfo.bootID, bootID);
    const again = await pods.that(lasting, 'runs again', (pod) => {
      return isReady(pod) && pod.status.containerStatuses?.[0]?.restartCount === 1;
    });
    assert.equal(again.metadata.uid, before.metadata.uid);
    assert.equal((await pods.find(done))?.status.phase, 'Succeeded');
    await kubectl.run(['delete', 'pod', lasting, done]);
  });

  test(`${kubelet} kubelet: a node with another name ends the pods of the first, and runs its own`, async () => {
    const { kubelet: process, runtime } = await node();
    const [old, fresh] = [of('old'), of('fresh')];
    await kubectl.apply(podOn(name, old, forever));
    const { metadata } = await pods.ready(old);
    await process.stop();
    const renamed = `${kubelet}-m`;
    await using _second = await startNode({ cluster, name: renamed, kubelet, on: runtime });
    await nodeIsReady(cluster, renamed);
    await kubectl.apply(podOn(renamed, fresh, forever));
    await pods.ready(fresh);
    const ofOld = { labelSelector: { 'io.kubernetes.pod.uid': metadata.uid } };
    await until('nothing of the old pod runs', async () => {
      const { items } = await runtime.client.runtime.listPodSandbox({ filter: ofOld });
      return items.every(({ state }) => state !== PodSandboxState.SANDBOX_READY);
    });
    assert.equal((await pods.find(old))?.status.phase, 'Running', 'its object is the first node’s still');
    await kubectl.run(['delete', 'pod', old, '--force', '--grace-period=0']);
    await kubectl.run(['delete', 'pod', fresh]);
    await kubectl.run(['delete', 'node', name]);
  });
}
