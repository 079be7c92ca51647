// Certificates that are valid for a minute: a node stays in its cluster, with new ones all the time.
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { connect } from 'node:tls';
import { startNode } from '@berth/test-support/cluster/node.ts';
import { testCluster } from '@berth/test-support/cluster/test-cluster.ts';
import { until } from '@berth/test-support/until.ts';
import { kubelets } from './kubelets.ts';
import { nodeIsReady } from './objects.ts';
import { signingRequests } from './signing-requests.ts';

const cluster = await testCluster({
  flags: { 'kube-controller-manager': ['--cluster-signing-duration=1m'] },
});
const { admin, kubectl } = cluster;

interface Lease {
  spec: { renewTime: string };
}

/** Approves requests for serving certificates until it is disposed of, as an operator's controller does. */
function approver(node: string): AsyncDisposable {
  const stop = new AbortController();
  const running = (async () => {
    while (!stop.signal.aborted) {
      const pending = (
        await signingRequests(admin, { node, signer: 'kubernetes.io/kubelet-serving' })
      ).filter(({ status }) => status.conditions === undefined);
      const names = pending.map(({ metadata }) => metadata.name);
      if (names.length > 0) await kubectl.run(['certificate', 'approve', ...names]);
      // An approver that people write looks from time to time.
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  })();
  return {
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await running;
    },
  };
}

for (const kubelet of kubelets) {
  test(`${kubelet} kubelet: renews certificates of a minute, for client and server, without a gap`, async () => {
    const name = `${kubelet}-rotate`;
    await using node = await startNode({
      cluster,
      name,
      kubelet,
      identity: 'bootstrap token',
      configuration: { serverTLSBootstrap: true },
    });
    await using _approver = approver(name);
    const { status } = await nodeIsReady(cluster, name);
    const { pid } = node.kubelet;
    const current = join(node.rootDir, 'pki', 'kubelet-client-current.pem');
    const seen = new Set<string>();
    const first = new X509Certificate(readFileSync(current));
    await until(
      'three more certificates',
      () => seen.add(readlinkSync(current)).size > 3,
      () => node.kubelet.output(),
      240_000,
    );
    const lease = `/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/${name}`;
    const expired = first.validToDate.getTime();
    await until(
      'the node renews its lease after its first certificate has expired',
      async () => {
        // A kubelet may have its certificates before its lease.
        const renewTime = (await admin.find<Lease>(lease))?.spec.renewTime ?? '';
        return Date.parse(renewTime) > expired + 15_000;
      },
      () => node.kubelet.output(),
      180_000,
    );
    await nodeIsReady(cluster, name);
    assert.equal(node.kubelet.pid, pid);

    const host = status.addresses.find(({ type }) => type === 'InternalIP')?.address ?? '';
    const socket = connect({ host, port: node.port, ca: cluster.endpoint.ca });
    await new Promise((resolve, reject) => {
      socket.once('secureConnect', resolve).once('error', reject);
    });
    assert.ok(new X509Certificate(socket.getPeerCertificate().raw).validToDate.getTime() > Date.now());
    socket.destroy();
    const metrics = await (await fetch(`http://127.0.0.1:${node.readOnlyPort}/metrics`)).text();
    const rotations = /^kubelet_certificate_manager_server_rotation_seconds_count (.*)$/m.exec(metrics)?.[1];
    assert.ok(Number(rotations) >= 1, `${rotations} rotations of the serving certificate`);
    await admin.delete(`/api/v1/nodes/${name}`);
  });
}
