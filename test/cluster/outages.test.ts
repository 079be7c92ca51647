// Outages of a cluster while pods come and go on its nodes, one with the real kubelet and one with ours: the API server
// dies, etcd stops, connections are slow or cut, watches are too old, the clock jumps. Pods that are healthy go on as
// they are, and what changed meanwhile is made up for.
import assert from 'node:assert/strict';
import { after, afterEach, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { type ClusterNode, type KubeletName, startNode } from '@berth/test-support/cluster/node.ts';
import { TcpProxy } from '@berth/test-support/cluster/tcp-proxy.ts';
import { testCluster } from '@berth/test-support/cluster/test-cluster.ts';
import { scratchDir } from '@berth/test-support/scratch.ts';
import { Churn, PatientClient } from './churn.ts';
import { type ShiftedClock, shiftedClock } from './clock/shifted-clock.ts';
import { probedDeployment } from './controllers.ts';
import { kubelets } from './kubelets.ts';
import { nodeIsReady } from './objects.ts';
import { containersOf, forever, isReady, Pods, podOn } from './pod-objects.ts';

const cluster = await testCluster();
const { kubectl, apiServer, etcd } = cluster;
const pods = new Pods(cluster);
const api = new PatientClient(cluster);
const scratch = scratchDir('outages');
const resources = new AsyncDisposableStack();
resources.use(scratch);
after(() => resources.disposeAsync());

interface Tested {
  kubelet: KubeletName;
  name: string;
  node: ClusterNode;
  proxy: TcpProxy;
  /** The pods that must stay as they are. */
  steady: object[];
}

const clock: ShiftedClock = shiftedClock(scratch.path);
const tested = await Promise.all(kubelets.map(start));

async function start(kubelet: KubeletName): Promise<Tested> {
  const name = `${kubelet}-o`;
  const proxy = resources.use(await TcpProxy.before(cluster.endpoint.server));
  const flags = [`--kubeconfig=${proxy.kubeconfig(cluster.nodeKubeconfig(name))}`];
  const env = kubelet === 'ours' ? clock.env : {};
  const node = resources.use(await startNode({ cluster, name, kubelet, flags, env }));
  await nodeIsReady(cluster, name);
  await kubectl.apply(probedDeployment({ name: `steady-${name}`, node: name }));
  const steady = (await pods.allReady(`app=steady-${name}`, 2)).map(containersOf);
  return { kubelet, name, node, proxy, steady };
}

/** What was healthy all the time is as it was, and has not been left out. */
afterEach(async () => {
  for (const { name, steady } of tested) {
    await nodeIsReady(cluster, name);
    const now = await pods.allReady(`app=steady-${name}`, steady.length);
    assert.deepEqual(now.map(containersOf), steady);
  }
});

/** Lives go on on all nodes while something happens, and one of each is whole after it. */
async function during(happens: () => Promise<void>): Promise<void> {
  const churns = tested.map(({ name }) => new Churn({ api, node: name }));
  await happens();
  await Promise.all(churns.map((churn) => churn.oneMoreOfEach()));
  await Promise.all(churns.map((churn) => churn.end()));
}

test('the API server is killed and started during churn', async () => {
  await during(async () => {
    for (const downMs of [100, 2000]) {
      // Something of a life happens.
      await delay(1500);
      await apiServer.kill();
      // This outage.
      await delay(downMs);
      await apiServer.start();
    }
  });
});

test('etcd stands still for ten seconds, while containers end', async () => {
  const short = (name: string): string => `short-${name}`;
  await kubectl.apply(
    ...tested.map(({ name }) => podOn(name, short(name), 'sleep 4; exit 0', { restartPolicy: 'Never' })),
  );
  for (const { name } of tested) await pods.ready(short(name));
  etcd.pause();
  // The outage.
  await delay(10_000);
  etcd.resume();
  for (const { name } of tested) {
    await api.podsThat('!app', `have ${short(name)}, which has succeeded`, (all) =>
      all.some(({ metadata, status }) => metadata.name === short(name) && status.phase === 'Succeeded'),
    );
    await api.delete('Pod', short(name));
  }
});

test('connections to the API server are slow, and cut again and again', async () => {
  await during(async () => {
    for (const { proxy } of tested) proxy.delayMs = 200;
    for (let cuts = 0; cuts < 5; cuts++) {
      // Long enough for a handshake and some requests.
      await delay(1500);
      for (const { proxy } of tested) proxy.cut();
    }
    for (const { proxy } of tested) proxy.delayMs = 0;
  });
});

test('watches are older than what the API server remembers', async () => {
  const names = (what: string) => tested.map(({ name }) => `${what}-${name}`);
  await kubectl.apply(...tested.map(({ name }) => podOn(name, `early-${name}`, forever)));
  for (const name of names('early')) await pods.ready(name);
  for (const { proxy } of tested) proxy.refuse();
  await apiServer.restart();
  for (const name of names('early')) await api.delete('Pod', name);
  await kubectl.apply(...tested.map(({ name }) => podOn(name, `late-${name}`, forever)));
  // A cache that begins now knows none of these events.
  await apiServer.restart();
  for (const { proxy } of tested) proxy.accept();
  for (const name of names('early')) await pods.gone(name);
  for (const name of names('late')) await pods.ready(name);
  for (const name of names('late')) await api.delete('Pod', name, { gracePeriodSeconds: 1 });
  for (const name of names('late')) await pods.gone(name);
});

for (const { kubelet, name } of tested.filter((each) => each.kubelet === 'ours')) {
  test(`${kubelet} kubelet: the clock of the node jumps (the real one's cannot be moved here)`, async () => {
    const crashing = `crashing-${name}`;
    const crashes = (count: number) =>
      pods.that(crashing, `was started again ${count} times`, ({ status }) => {
        return (status.containerStatuses?.[0]?.restartCount ?? 0) >= count;
      });
    await kubectl.apply(podOn(name, crashing, 'exit 1'));
    await crashes(1);
    const churn = new Churn({ api, node: name });
    // It waits for ten seconds now, by no clock of the day.
    clock.shift(-1800);
    await Promise.all([crashes(2), churn.oneMoreOfEach()]);
    clock.shift(7200);
    await churn.oneMoreOfEach();
    clock.shift(0);
    await churn.oneMoreOfEach();
    await churn.end();
    await api.delete('Pod', crashing);
    await pods.gone(crashing);
    assert.ok((await pods.list(`app=steady-${name}`)).every(isReady));
  });
}
