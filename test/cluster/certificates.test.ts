// The certificates of a kubelet: how it gets the first one, whatever interrupts it, and the one of its HTTPS port.
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'node:tls';
import { type ClusterNode, type KubeletName, startNode } from '@berth/test-support/cluster/node.ts';
import { testCluster } from '@berth/test-support/cluster/test-cluster.ts';
import { buildPeer } from '@berth/test-support/peers.ts';
import { freePort } from '@berth/test-support/registry.ts';
import { checkout, type Daemon, scratchDir, startDaemon } from '@berth/test-support/scratch.ts';
import { until } from '@berth/test-support/until.ts';
import { kubelets } from './kubelets.ts';
import { type NodeObject, nodeIsReady } from './objects.ts';
import { type SigningRequest, signingRequests } from './signing-requests.ts';

const cluster = await testCluster();
const { admin, kubectl } = cluster;
const autoApproval = '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings';
const autoApprovalName = 'kubeadm:node-autoapprove-bootstrap';

/** A folder in which a kubelet bootstraps; its runtime does not exist, which it asks for later. */
function newNode(kubelet: KubeletName, name: string) {
  const { path: dir, ...scratch } = scratchDir('bootstrap');
  const pki = join(dir, 'pki');
  return {
    pki,
    kubeconfig: join(dir, 'kubelet.conf'),
    keyFile: join(pki, 'kubelet-client.key.tmp'),
    /** Starts the kubelet, and waits until `ready`. */
    async start(ready: () => Promise<boolean> | boolean): Promise<Daemon> {
      const config = join(dir, 'kubelet.json');
      writeFileSync(
        config,
        JSON.stringify({
          apiVersion: 'kubelet.config.k8s.io/v1beta1',
          kind: 'KubeletConfiguration',
          containerRuntimeEndpoint: `unix://${dir}/nobody.sock`,
          address: '127.0.0.1',
          port: await freePort(),
          healthzPort: 0,
          cgroupDriver: 'cgroupfs',
          failCgroupV1: false,
          failSwapOn: false,
          podLogsDir: join(dir, 'log'),
          volumePluginDir: join(dir, 'plugins'),
          authentication: { x509: { clientCAFile: join(cluster.dir, 'ca.crt') } },
        }),
      );
      const program = kubelet === 'real' ? await buildPeer('kubelet') : join(checkout, 'bin/kubelet');
      const argv = [
        program,
        `--config=${config}`,
        `--root-dir=${dir}`,
        `--cert-dir=${pki}`,
        `--hostname-override=${name}`,
        `--kubeconfig=${this.kubeconfig}`,
        `--bootstrap-kubeconfig=${cluster.bootstrapKubeconfig()}`,
        '-v=2',
      ];
      return await startDaemon({ name: 'kubelet', argv, dir, ready: async () => ready() });
    },
    [Symbol.dispose]: () => scratch[Symbol.dispose](),
  };
}

/** The certificate that a kubelet shows, checked with the cluster's authority; the error of the handshake otherwise. */
async function shown({ port }: ClusterNode, host: string): Promise<X509Certificate | string> {
  const { promise, resolve } = Promise.withResolvers<X509Certificate | string>();
  const socket = connect({ host, port, ca: cluster.endpoint.ca }, () =>
    resolve(new X509Certificate(socket.getPeerCertificate().raw)),
  );
  socket.once('error', (error) => resolve(error.message));
  try {
    return await promise;
  } finally {
    socket.destroy();
  }
}

for (const kubelet of kubelets) {
  test(`${kubelet} kubelet: killed between its request and its certificate, it goes on with both`, async () => {
    const name = `${kubelet}-kill`;
    const binding = await admin.get<object>(`${autoApproval}/${autoApprovalName}`);
    await admin.delete(`${autoApproval}/${autoApprovalName}`);
    using node = newNode(kubelet, name);
    const requests = () => signingRequests(admin, { node: name });
    const killed = await node.start(async () => (await requests()).length === 1);
    const key = readFileSync(node.keyFile, 'utf8');
    assert.equal(statSync(node.keyFile).mode & 0o777, 0o600);
    assert.match(key, /^-----BEGIN EC PRIVATE KEY-----/);
    await killed.stop('SIGKILL');
    const [request] = await requests();
    assert.match(request?.metadata.name ?? '', /^node-csr-[\w-]{43}$/);
    assert.deepEqual(request?.spec.usages, ['digital signature', 'client auth']);
    await using again = await node.start(() => existsSync(node.keyFile));
    await kubectl.run(['certificate', 'approve', request?.metadata.name ?? '']);
    await until(
      'the kubelet has written its kubeconfig',
      () => existsSync(node.kubeconfig),
      () => again.output(),
    );
    assert.equal((await requests()).length, 1);
    const pair = readFileSync(join(node.pki, 'kubelet-client-current.pem'), 'utf8');
    assert.ok(pair.endsWith(key));
    const certificate = new X509Certificate(pair);
    assert.equal(certificate.subject, `O=system:nodes\nCN=system:node:${name}`);
    assert.equal(existsSync(node.keyFile), false);
    // Octet for octet the kubeconfig of client-go.
    const ca = Buffer.from(cluster.endpoint.ca).toString('base64');
    assert.equal(
      readFileSync(node.kubeconfig, 'utf8'),
      `apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: ${ca}
    server: ${cluster.endpoint.server}
  name: default-cluster
contexts:
- context:
    cluster: default-cluster
    namespace: default
    user: default-auth
  name: default-context
current-context: default-context
kind: Config
users:
- name: default-auth
  user:
    client-certificate: ${node.pki}/kubelet-client-current.pem
    client-key: ${node.pki}/kubelet-client-current.pem
`,
    );
    await again.stop();
    await admin.create(autoApproval, withoutVersion(binding));
  });

  test(`${kubelet} kubelet: a certificate that has expired is replaced by bootstrapping`, async () => {
    const name = `${kubelet}-late`;
    const expired = cluster.nodeKubeconfig(name, 1000);
    // The certificate of that kubeconfig has to expire.
    await sleep(2500);
    const bootstrap = cluster.bootstrapKubeconfig();
    await using node = await startNode({
      cluster,
      name,
      kubelet,
      flags: [`--kubeconfig=${expired}`, `--bootstrap-kubeconfig=${bootstrap}`],
    });
    await nodeIsReady(cluster, name);
    const current = join(node.rootDir, 'pki', 'kubelet-client-current.pem');
    assert.match(readFileSync(expired, 'utf8'), new RegExp(`client-certificate: ${current}\n`));
    assert.match(readlinkSync(current), /pki\/kubelet-client-\d{4}-\d\d-\d\d-\d\d-\d\d-\d\d\.pem$/);
    await admin.delete(`/api/v1/nodes/${name}`);
  });

  test(`${kubelet} kubelet: serves with a certificate for its addresses, and refuses until it has one`, async () => {
    const name = `${kubelet}-serve`;
    await using node = await startNode({
      cluster,
      name,
      kubelet,
      identity: 'bootstrap token',
      configuration: { serverTLSBootstrap: true },
    });
    const { status } = await nodeIsReady(cluster, name);
    const address = addressOf(status.addresses);
    const healthz = ['get', '--raw', `/api/v1/nodes/${name}/proxy/healthz`];
    await assert.rejects(kubectl.run(healthz), /remote error: tls: internal error/);
    assert.match(String(await shown(node, address)), /alert internal error/);

    const request = await until(
      'the kubelet has asked for a certificate',
      async () => (await signingRequests(admin, { node: name, signer: 'kubernetes.io/kubelet-serving' }))[0],
    );
    assert.match(request.metadata.name, /^csr-/);
    assert.equal(request.spec.username, `system:node:${name}`);
    assert.deepEqual(request.spec.usages, ['digital signature', 'server auth']);
    await kubectl.run(['certificate', 'approve', request.metadata.name]);
    const certificate = await until('the kubelet serves', async () => {
      const found = await shown(node, address);
      return found instanceof X509Certificate && found;
    });
    assert.equal(certificate.subject, `O=system:nodes\nCN=system:node:${name}`);
    assert.deepEqual(certificate.subjectAltName?.split(', ').sort(), [
      `DNS:${name}`,
      ...status.addresses.flatMap(({ type, address: ip }) =>
        type === 'InternalIP' ? [`IP Address:${ip}`] : [],
      ),
    ]);
    assert.equal(await kubectl.run(healthz), 'ok');
    const pki = readdirSync(join(node.rootDir, 'pki')).filter((file) => file.startsWith('kubelet-server'));
    assert.equal(pki.length, 2);
    assert.match(pki[0] ?? '', /^kubelet-server-\d{4}(-\d\d){5}\.pem$/);
    assert.equal(statSync(join(node.rootDir, 'pki', pki[0] ?? '')).mode & 0o777, 0o600);

    const metrics = await (await fetch(`http://127.0.0.1:${node.readOnlyPort}/metrics`)).text();
    const value = (series: string) => Number(new RegExp(`^${series} (.*)$`, 'm').exec(metrics)?.[1]);
    assert.ok(value('kubelet_certificate_manager_server_ttl_seconds') > 3600);
    assert.ok(value('kubelet_certificate_manager_client_ttl_seconds') > 3600);
    assert.equal(value('kubelet_server_expiration_renew_errors'), 0);
    assert.equal(value('kubelet_certificate_manager_client_expiration_renew_errors'), 0);
    assert.equal(value('kubelet_certificate_manager_server_rotation_seconds_count'), 0);

    await node.kubelet.restart();
    const again = await until('it serves again', async () => {
      const found = await shown(node, address);
      return found instanceof X509Certificate && found;
    });
    assert.equal(again.serialNumber, certificate.serialNumber);
    const all = await signingRequests(admin, { node: name, signer: 'kubernetes.io/kubelet-serving' });
    assert.equal(all.length, 1);
    await admin.delete(`/api/v1/nodes/${name}`);
  });
}

function addressOf(addresses: NodeObject['status']['addresses']): string {
  const found = addresses.find(({ type }) => type === 'InternalIP');
  assert.ok(found);
  return found.address;
}

/** An object to be created again. */
function withoutVersion(object: object): object {
  const { metadata, ...rest } = object as { metadata: SigningRequest['metadata'] };
  return { ...rest, metadata: { name: metadata.name } };
}
