// A node whose disk is full, with the real kubelet and with ours: which pod is evicted, what is told of it, and how long the
// node keeps others away.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { type ClusterNode, startNode } from '@berth/test-support/cluster/node.ts';
import { testCluster } from '@berth/test-support/cluster/test-cluster.ts';
import { until } from '@berth/test-support/until.ts';
import { kubelets } from './kubelets.ts';
import { type NodeObject, nodeIsReady, nodeThat, podIsReady } from './objects.ts';
import { forever, Pods, podOn } from './pod-objects.ts';

interface Event {
  metadata: { annotations?: Record<string, string> };
  involvedObject: { kind: string; name: string };
  type: string;
  reason: string;
  message: string;
}

const cluster = await testCluster();
const { admin, kubectl } = cluster;
const pods = new Pods(cluster);
/** The kubelets look every ten seconds, and the real one measures volumes once a minute. */
const slowMs = 150_000;
const pressureTaint = 'node.kubernetes.io/disk-pressure';

/** The real kubelet tells of a pod that ends with 0 at once that it has succeeded, not that it was evicted. */
const fillsDisk = `dd if=/dev/zero of=/data/big bs=1M count=72; ${forever.replace('exit 0', 'exit 1')}`;

/** A pod with an emptyDir, which may stay where the disk is full. */
function podWithData(node: string, name: string, script: string, spec: object = {}): object {
  const atNode = {
    terminationGracePeriodSeconds: 5,
    volumes: [{ name: 'data', emptyDir: {} }],
    tolerations: [{ operator: 'Exists' }],
    ...spec,
  };
  return podOn(node, name, script, atNode, { volumeMounts: [{ name: 'data', mountPath: '/data' }] });
}

async function eventOf(kind: string, name: string, reason: string): Promise<Event> {
  return await until(
    `${kind} ${name} has an event ${reason}`,
    async () => {
      const { items } = await admin.get<{ items: Event[] }>('/api/v1/events');
      return items.find(
        (each) =>
          each.involvedObject.kind === kind && each.involvedObject.name === name && each.reason === reason,
      );
    },
    () => 'no such event',
    slowMs,
  );
}

const disk = ({ status }: NodeObject) => status.conditions.find(({ type }) => type === 'DiskPressure');
const isTainted = ({ spec }: NodeObject) => (spec.taints ?? []).some(({ key }) => key === pressureTaint);

for (const kubelet of kubelets) {
  const name = `${kubelet}-e`;
  let started: ClusterNode | undefined;
  after(() => started?.[Symbol.asyncDispose]());

  test(`${kubelet} kubelet: evicts the pod that fills the disk, and keeps others away for a while`, async () => {
    started = await startNode({
      cluster,
      name,
      kubelet,
      rootDirSize: '96m',
      configuration: {
        evictionHard: { 'nodefs.available': '32Mi' },
        evictionPressureTransitionPeriod: '25s',
        nodeStatusUpdateFrequency: '2s',
      },
    });
    await nodeIsReady(cluster, name);
    await kubectl.apply({
      apiVersion: 'scheduling.k8s.io/v1',
      kind: 'PriorityClass',
      metadata: { name: `high-${kubelet}` },
      value: 1000,
    });
    const [kept, hog, late] = [`kept-${kubelet}`, `hog-${kubelet}`, `late-${kubelet}`];
    await kubectl.apply(podWithData(name, kept, forever, { priorityClassName: `high-${kubelet}` }));
    await podIsReady(cluster, kept);
    await kubectl.apply(podWithData(name, hog, fillsDisk));

    const evicted = await pods.that(hog, 'is evicted', ({ status }) => status.phase === 'Failed');
    assert.equal(evicted.status.reason, 'Evicted');
    const { message = '' } = evicted.status;
    assert.match(
      message,
      /^The node was low on resource: ephemeral-storage\. Threshold quantity: 32Mi, available: \d+(Ki|Mi)?\. /,
    );
    const target = evicted.status.conditions?.find(({ type }) => type === 'DisruptionTarget');
    assert.deepEqual(
      { ...target, lastTransitionTime: undefined, observedGeneration: undefined, lastProbeTime: undefined },
      {
        type: 'DisruptionTarget',
        status: 'True',
        reason: 'TerminationByKubelet',
        message,
        lastTransitionTime: undefined,
        observedGeneration: undefined,
        lastProbeTime: undefined,
      },
    );
    const told = await eventOf('Pod', hog, 'Evicted');
    assert.deepEqual([told.type, told.message], ['Warning', message]);
    assert.equal(told.metadata.annotations?.['starved_resource'], 'ephemeral-storage');
    const met = await eventOf('Node', name, 'EvictionThresholdMet');
    assert.deepEqual([met.type, met.message], ['Warning', 'Attempting to reclaim ephemeral-storage']);

    const pressed = await nodeThat(cluster, name, {
      what: 'has disk pressure',
      is: (node) => disk(node)?.status === 'True' && isTainted(node),
      timeoutMs: slowMs,
    });
    assert.deepEqual(
      [disk(pressed)?.reason, disk(pressed)?.message],
      ['KubeletHasDiskPressure', 'kubelet has disk pressure'],
    );

    await kubectl.apply(podWithData(name, late, forever));
    const refused = await pods.that(late, 'is refused', ({ status }) => status.phase === 'Failed');
    assert.deepEqual(
      [refused.status.reason, refused.status.message],
      ['Evicted', 'Pod was rejected: The node had condition: [DiskPressure]. '],
    );

    const relieved = await nodeThat(cluster, name, {
      what: 'is relieved',
      is: (node) => disk(node)?.status === 'False' && !isTainted(node),
      timeoutMs: slowMs,
    });
    assert.equal(disk(relieved)?.reason, 'KubeletHasNoDiskPressure');
    const { status } = await pods.that(kept, 'runs on', () => true);
    assert.equal(status.phase, 'Running');
    await kubectl.run(['delete', 'pod', kept, hog, late, '--wait=true', '--grace-period=1']);
  });
}
