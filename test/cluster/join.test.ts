// A kubelet joins a cluster: by the kubeconfig of a node, and by a bootstrap token.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PodSandboxState } from '@berth/cri/generated/api.ts';
import { startNode } from '@berth/test-support/cluster/node.ts';
import { testCluster } from '@berth/test-support/cluster/test-cluster.ts';
import { testImage } from '@berth/test-support/pods.ts';
import { until } from '@berth/test-support/until.ts';
import { kubelets } from './kubelets.ts';
import { nodeIsReady, podIsReady } from './objects.ts';

const cluster = await testCluster();
const { admin, kubectl } = cluster;
const leases = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';
const pods = '/api/v1/namespaces/default/pods';

for (const kubelet of kubelets) {
  test(`${kubelet} kubelet: joins by kubeconfig, and runs the pod that the scheduler gives it`, async () => {
    const name = `${kubelet}-a`;
    await using node = await startNode({ cluster, name, kubelet });
    const joined = await nodeIsReady(cluster, name);
    assert.match(joined.status.nodeInfo.kubeletVersion, /^v1\.\d+\.\d+/);
    assert.deepEqual(
      joined.status.addresses.map(({ type }) => type),
      ['InternalIP', 'Hostname'],
    );
    assert.equal(joined.status.daemonEndpoints.kubeletEndpoint.Port, node.port);
    await until('it has a lease', () => admin.find(`${leases}/${name}`));

    const script = 'echo "I am $HOSTNAME"; trap "exit 0" TERM; while true; do sleep 1 & wait $!; done';
    const container = { name: 'main', image: testImage, command: ['/bin/sh', '-c', script] };
    await kubectl.apply({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name },
      spec: { containers: [container] },
    });
    const { spec, status } = await podIsReady(cluster, name);
    assert.equal(spec.nodeName, name);
    assert.equal(status.phase, 'Running');
    assert.equal(await kubectl.run(['logs', name]), `I am ${name}\n`);
    assert.equal(await kubectl.run(['exec', '-i', name, '--', 'cat'], 'typed\n'), 'typed\n');
    await assert.rejects(kubectl.run(['exec', name, '--', 'sh', '-c', 'exit 3']), { code: 3 });
    const token = await kubectl.run([
      'exec',
      name,
      '--',
      'cat',
      '/var/run/secrets/kubernetes.io/serviceaccount/token',
    ]);
    assert.match(token, /^[\w-]+\.[\w-]+\.[\w-]+$/);

    await kubectl.run(['delete', 'pod', name, '--wait=false']);
    await until('the pod is gone', async () => (await admin.find(`${pods}/${name}`)) === undefined);
    // The real kubelet removes the sandbox itself within a minute.
    const { items } = await node.runtime.client.runtime.listPodSandbox({});
    assert.deepEqual(
      items.filter(({ state }) => state === PodSandboxState.SANDBOX_READY),
      [],
    );
    await admin.delete(`/api/v1/nodes/${name}`);
  });

  test(`${kubelet} kubelet: joins by a bootstrap token with a certificate of its own`, async () => {
    const name = `${kubelet}-b`;
    await using node = await startNode({ cluster, name, kubelet, identity: 'bootstrap token' });
    await nodeIsReady(cluster, name);
    interface Requests {
      items: { spec: { username: string; signerName: string }; status: { certificate?: string } }[];
    }
    const { items } = await admin.get<Requests>('/apis/certificates.k8s.io/v1/certificatesigningrequests');
    const own = items.filter(({ spec }) => spec.username === 'system:bootstrap:abcdef');
    assert.ok(own.length > 0);
    assert.ok(own.every(({ spec }) => spec.signerName === 'kubernetes.io/kube-apiserver-client-kubelet'));
    assert.ok(own.some(({ status }) => status.certificate !== undefined));
    await node.kubelet.restart();
    const restarted = new Date();
    await until('it goes on with the certificate', async () => {
      const lease = await admin.find<{ spec: { renewTime: string } }>(`${leases}/${name}`);
      return lease !== undefined && new Date(lease.spec.renewTime) > restarted;
    });
    await admin.delete(`/api/v1/nodes/${name}`);
  });
}
