// The pods of a node in a cluster, from their creation by the API server to their end, with the real kubelet and with ours.
import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type ClusterNode, startNode } from '@berth/test-support/cluster/node.ts';
import { testCluster } from '@berth/test-support/cluster/test-cluster.ts';
import { testImage } from '@berth/test-support/pods.ts';
import { scratchDir } from '@berth/test-support/scratch.ts';
import { eventually, until } from '@berth/test-support/until.ts';
import { kubelets } from './kubelets.ts';
import { nodeIsReady, podIsReady } from './objects.ts';
import { conditionOf, forever, Pods, podOn, stateOf } from './pod-objects.ts';

const cluster = await testCluster();
const { admin, kubectl } = cluster;
const pods = '/api/v1/namespaces/default/pods';
const all = new Pods(cluster);
/** The real kubelet looks at volumes once in a minute or two. */
const slowMs = 150_000;

for (const kubelet of kubelets) {
  const manifests = scratchDir('manifests');
  after(() => manifests[Symbol.dispose]());
  const name = `${kubelet}-p`;
  const of = (what: string): string => `${what}-${kubelet}`;
  let started: ClusterNode | undefined;
  const node = async (): Promise<ClusterNode> => {
    started ??= await startNode({ cluster, name, kubelet, configuration: { staticPodPath: manifests.path } });
    await nodeIsReady(cluster, name);
    return started;
  };
  after(() => started?.[Symbol.asyncDispose]());

  test(`${kubelet} kubelet: a deleted pod ends with its grace period and a final phase, and then goes`, async () => {
    await node();
    const pod = of('ends');
    const script = 'trap "sleep 1; exit 3" TERM; while true; do sleep 1 & wait $!; done';
    await kubectl.apply(podOn(name, pod, script));
    const { metadata } = await podIsReady(cluster, pod);
    // It holds the object back, so that its last status can be looked at.
    await admin.patch(`${pods}/${pod}`, { metadata: { finalizers: ['berth.test/hold'] } });
    await kubectl.run(['delete', 'pod', pod, '--wait=false', '--grace-period=5']);
    const last = await all.that(pod, 'has ended', ({ status }) => status.phase === 'Failed');
    assert.equal(last.metadata.uid, metadata.uid);
    assert.deepEqual(stateOf(last).terminated?.exitCode, 3);
    assert.equal(conditionOf(last, 'Ready')?.status, 'False');
    // The scheduler's condition, or the kubelet's.
    assert.equal(conditionOf(last, 'PodScheduled')?.status, 'True');
    await admin.patch(`${pods}/${pod}`, { metadata: { finalizers: null } }, 'merge');
    await all.gone(pod);
  });

  test(`${kubelet} kubelet: a pod that ends by itself stays with its phase; one that is forced goes at once`, async () => {
    await node();
    const [done, forced] = [of('done'), of('forced')];
    await kubectl.apply(
      podOn(name, done, 'echo bye', { restartPolicy: 'Never' }),
      podOn(name, forced, 'trap "" TERM; while true; do sleep 1; done'),
    );
    const ended = await all.that(done, 'has succeeded', ({ status }) => status.phase === 'Succeeded');
    assert.equal(conditionOf(ended, 'Ready')?.reason, 'PodCompleted');
    assert.equal(await kubectl.run(['logs', done]), 'bye\n');
    await podIsReady(cluster, forced);
    await kubectl.run(['delete', 'pod', forced, '--force', '--grace-period=0']);
    assert.equal(await all.find(forced), undefined);
    await kubectl.run(['delete', 'pod', done, '--wait=false']);
    await all.gone(done);
  });

  test(`${kubelet} kubelet: ConfigMaps heal pods that wait for them, and reach their volumes`, async () => {
    await node();
    const [pod, map] = [of('config'), of('map')];
    const spec = { volumes: [{ name: 'v', configMap: { name: map } }] };
    const container = {
      volumeMounts: [{ name: 'v', mountPath: '/v' }],
      env: [{ name: 'WORD', valueFrom: { configMapKeyRef: { name: map, key: 'word' } } }],
    };
    await kubectl.apply(podOn(name, pod, forever, spec, container));
    const waits = await all.that(
      pod,
      'waits',
      (each) => stateOf(each).waiting?.reason === 'ContainerCreating',
    );
    assert.equal(conditionOf(waits, 'PodReadyToStartContainers')?.status, 'False');
    const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: map }, data: { word: 'one' } };
    await kubectl.apply(configMap);
    await podIsReady(cluster, pod);
    const read = (): Promise<string> =>
      kubectl.run([
        'exec',
        pod,
        '--',
        'sh',
        '-c',
        'echo $WORD $(cat /v/word) $KUBERNETES_SERVICE_PORT_HTTPS',
      ]);
    assert.equal(await read(), 'one one 443\n');
    await kubectl.apply({ ...configMap, data: { word: 'two' } });
    await until(
      'the volume has the new text',
      async () => (await read()) === 'one two 443\n',
      undefined,
      slowMs,
    );
    await kubectl.run(['delete', 'pod', pod, '--wait=false']);
    await all.gone(pod);
  });

  test(`${kubelet} kubelet: a static pod has a mirror pod that follows it`, async () => {
    await node();
    const pod = `${of('static')}-${name}`;
    const file = join(manifests.path, 'static.json');
    const write = (word: string): void => {
      const made = podOn(name, of('static'), `echo ${word}; ${forever}`);
      writeFileSync(file, JSON.stringify(made));
    };
    mkdirSync(manifests.path, { recursive: true });
    write('one');
    const first = await podIsReady(cluster, pod);
    const mirror = await all.that(pod, 'is there', () => true);
    const { annotations = {}, ownerReferences } = mirror.metadata;
    assert.equal(annotations['kubernetes.io/config.mirror'], annotations['kubernetes.io/config.hash']);
    assert.equal(annotations['kubernetes.io/config.source'], 'file');
    assert.deepEqual(
      ownerReferences?.map((owner) => [owner.kind, owner.name, owner.controller]),
      [['Node', name, true]],
    );
    assert.equal(await kubectl.run(['logs', pod]), 'one\n');
    const container = mirror.status.containerStatuses?.[0]?.containerID;

    await kubectl.run(['delete', 'pod', pod, '--wait=false']);
    const again = await all.that(
      pod,
      'was made again',
      ({ metadata, status }) => metadata.uid !== first.metadata.uid && status.phase === 'Running',
    );
    // Its deletion does nothing to the static pod.
    assert.equal(again.status.containerStatuses?.[0]?.containerID, container);

    write('two');
    await all.that(
      pod,
      'shows the new version',
      ({ metadata, status }) =>
        metadata.annotations?.['kubernetes.io/config.mirror'] !==
          annotations['kubernetes.io/config.mirror'] &&
        status.phase === 'Running' &&
        status.containerStatuses?.[0]?.state.running !== undefined,
    );
    assert.equal(await kubectl.run(['logs', pod]), 'two\n');
    rmSync(file);
    await all.gone(pod);
  });

  test(`${kubelet} kubelet: a restart of the kubelet and an outage of the API server change nothing of a pod`, async () => {
    const { kubelet: process } = await node();
    const [pod, short] = [of('stays'), of('short')];
    await kubectl.apply(
      podOn(name, pod, forever),
      podOn(name, short, 'while ! test -e /tmp/end; do sleep 0.2; done', { restartPolicy: 'Never' }),
    );
    await podIsReady(cluster, pod);
    await podIsReady(cluster, short);
    const before = await all.that(pod, 'is there', () => true);
    await process.restart();
    await nodeIsReady(cluster, name);
    const { conditions, containerStatuses, startTime } = before.status;
    const isSame = async (): Promise<void> => {
      const now = await all.that(pod, 'is there', () => true);
      assert.equal(now.metadata.uid, before.metadata.uid);
      assert.deepEqual(
        [now.status.conditions, now.status.containerStatuses, now.status.startTime],
        [conditions, containerStatuses, startTime],
      );
    };
    // The real one knows its pods again a while after its node is ready.
    await eventually(() => kubectl.run(['exec', pod, '--', 'true']));
    await isSame();

    await kubectl.run(['exec', short, '--', 'touch', '/tmp/end']);
    await cluster.apiServer.kill();
    await cluster.apiServer.start();
    await all.that(short, 'has succeeded', ({ status }) => status.phase === 'Succeeded');
    await isSame();
    await kubectl.run(['delete', 'pod', pod, short, '--wait=false']);
    await all.gone(pod);
    await all.gone(short);
  });

  test(`${kubelet} kubelet: a readiness gate holds a pod back until somebody opens it`, async () => {
    await node();
    const pod = of('gate');
    const gate = 'berth.test/open';
    await kubectl.apply(podOn(name, pod, forever, { readinessGates: [{ conditionType: gate }] }));
    const closed = await all.that(pod, 'waits for its gate', (each) => {
      return conditionOf(each, 'Ready')?.reason === 'ReadinessGatesNotReady';
    });
    assert.equal(conditionOf(closed, 'ContainersReady')?.status, 'True');
    await admin.patch(`${pods}/${pod}/status`, {
      status: { conditions: [{ type: gate, status: 'True', lastTransitionTime: new Date().toISOString() }] },
    });
    const open = await podIsReady(cluster, pod);
    assert.equal(
      open.status.conditions?.some(({ type }) => type === gate),
      true,
    );
    await kubectl.run(['delete', 'pod', pod, '--wait=false']);
    await all.gone(pod);
  });

  test(`${kubelet} kubelet: ephemeral containers and other resources reach a pod that runs`, async () => {
    await node();
    const pod = of('changes');
    const resources = (cpu: string) => ({ requests: { cpu }, limits: { cpu } });
    await kubectl.apply(podOn(name, pod, forever, {}, { resources: resources('100m') }));
    await podIsReady(cluster, pod);
    const before = await all.that(pod, 'is there', () => true);
    await kubectl.run(['debug', pod, '--image', testImage, '--container', 'look', '--', 'sleep', '1000']);
    await all.that(
      pod,
      'has its ephemeral container',
      ({ status }) => status.ephemeralContainerStatuses?.[0]?.state.running !== undefined,
    );
    await admin.patch(`${pods}/${pod}/resize`, {
      spec: { containers: [{ name: 'main', resources: resources('150m') }] },
    });
    const resized = await all.that(pod, 'is resized', ({ status, metadata }) => {
      const text = JSON.stringify(status.containerStatuses?.[0]?.resources);
      const isDone = !status.conditions?.some(({ type }) => type.startsWith('PodResize'));
      return text.includes('"150m"') && isDone && status.observedGeneration === metadata.generation;
    });
    const [was, is] = [before, resized].map(({ status }) => status.containerStatuses?.[0]);
    assert.deepEqual([is?.restartCount, is?.containerID], [0, was?.containerID]);
    await kubectl.run(['delete', 'pod', pod, '--wait=false']);
    await all.gone(pod);
  });

  test(`${kubelet} kubelet: a pod that does not fit fails, and can be deleted`, async () => {
    await node();
    const pod = of('large');
    await kubectl.apply(podOn(name, pod, forever, {}, { resources: { requests: { cpu: '1000' } } }));
    const failed = await all.that(pod, 'has failed', ({ status }) => status.phase === 'Failed');
    assert.equal(failed.status.reason, 'OutOfcpu');
    await kubectl.run(['delete', 'pod', pod, '--wait=false']);
    await all.gone(pod);
  });

  test(`${kubelet} kubelet: an evicted pod tells why, and one past its deadline fails`, async () => {
    await node();
    const [evicted, late] = [of('evicted'), of('late')];
    await kubectl.apply(
      podOn(name, evicted, forever),
      podOn(name, late, forever, { activeDeadlineSeconds: 2 }),
    );
    await podIsReady(cluster, evicted);
    await admin.patch(`${pods}/${evicted}`, { metadata: { finalizers: ['berth.test/hold'] } });
    const eviction = {
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata: { name: evicted, namespace: 'default' },
    };
    await admin.create(`${pods}/${evicted}/eviction`, eviction);
    const last = await all.that(evicted, 'has ended', ({ status }) => status.phase === 'Succeeded');
    assert.equal(conditionOf(last, 'DisruptionTarget')?.reason, 'EvictionByEvictionAPI');
    await admin.patch(`${pods}/${evicted}`, { metadata: { finalizers: null } }, 'merge');
    await all.gone(evicted);
    const failed = await all.that(late, 'has failed', ({ status }) => status.phase === 'Failed');
    assert.equal(failed.status.reason, 'DeadlineExceeded');
    assert.ok(stateOf(failed).terminated, 'it has stopped before it was said to have failed');
    await kubectl.run(['delete', 'pod', late, '--wait=false']);
    await all.gone(late);
  });
}
