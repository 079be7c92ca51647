// RuntimeClass: the handler of a pod's class runs it, and a pod whose class has gone says so.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startNode } from '@berth/test-support/cluster/node.ts';
import { testCluster } from '@berth/test-support/cluster/test-cluster.ts';
import { testImage } from '@berth/test-support/pods.ts';
import { until } from '@berth/test-support/until.ts';
import { kubelets } from './kubelets.ts';
import { nodeIsReady, podIsReady } from './objects.ts';

const cluster = await testCluster();
const { admin, kubectl } = cluster;

function runtimeClass(name: string, handler: string, podFixed?: Record<string, string>): object {
  const overhead = podFixed && { overhead: { podFixed } };
  return { apiVersion: 'node.k8s.io/v1', kind: 'RuntimeClass', metadata: { name }, handler, ...overhead };
}

function pod(name: string, nodeName: string, runtimeClassName: string): object {
  const command = ['/bin/sh', '-c', 'trap "exit 0" TERM; while true; do sleep 1 & wait $!; done'];
  const resources = { limits: { memory: '32Mi' } };
  const containers = [{ name: 'main', image: testImage, command, resources }];
  // No scheduler, which would wait for the class.
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: { nodeName, runtimeClassName, containers },
  };
}

interface PodEvents {
  items: { reason: string; message: string }[];
}

for (const kubelet of kubelets) {
  test(`${kubelet} kubelet: runs a pod by the handler of its RuntimeClass`, async () => {
    const name = `${kubelet}-rc`;
    await using node = await startNode({ cluster, name, kubelet });
    await nodeIsReady(cluster, name);
    const [named, lost, odd] = [`${name}-named`, `${name}-lost`, `${name}-odd`];
    await kubectl.apply(
      runtimeClass(named, 'runc', { memory: '64Mi' }),
      runtimeClass(lost, 'runc'),
      runtimeClass(odd, 'no-such-handler'),
    );
    await kubectl.apply(pod(named, name, named));
    await podIsReady(cluster, named);
    const { items } = await node.runtime.client.runtime.listPodSandbox({});
    const sandbox = items.find(({ metadata }) => metadata?.name === named);
    assert.equal(sandbox?.runtimeHandler, 'runc');
    const { info } = await node.runtime.client.runtime.podSandboxStatus({
      podSandboxId: sandbox.id,
      verbose: true,
    });
    const asked = JSON.stringify(info);
    assert.match(asked, /67108864/, `the overhead is told the runtime: ${asked.slice(0, 2000)}`);

    await kubectl.apply(pod(odd, name, odd));
    await eventSays(odd, /^Failed to create pod sandbox: .*no-such-handler/);
    await kubectl.run(['delete', 'pod', odd, '--force', '--grace-period=0']);

    // Admission lets no pod in whose class is not there: it goes while the kubelet is away.
    await node.kubelet.stop();
    await kubectl.apply(pod(lost, name, lost));
    await admin.delete(`/apis/node.k8s.io/v1/runtimeclasses/${lost}`);
    await node.kubelet.restart();
    await eventSays(lost, new RegExp(`runtimeclass\\.node\\.k8s\\.io "${lost}" not found`));
    await kubectl.apply(runtimeClass(lost, 'runc'));
    await podIsReady(cluster, lost);
    await kubectl.run(['delete', 'pod', named, lost]);
    await admin.delete(`/api/v1/nodes/${name}`);
  });
}

async function eventSays(podName: string, message: RegExp): Promise<void> {
  const path = `/api/v1/namespaces/default/events?fieldSelector=involvedObject.name=${podName}`;
  let seen: PodEvents | undefined;
  await until(
    `an event of ${podName} says ${message}`,
    async () => {
      seen = await admin.get<PodEvents>(path);
      return seen.items.some((each) => message.test(each.message));
    },
    () => seen,
  );
}
