// What the other tests of a cluster rely on: the control plane is a real one, it gives each user no more than that
// user's rights, and its parts can be killed and paused.
import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ApiError } from '@berth/kubelet/apiserver/api-client.ts';
import { prepareForKubeadm } from '@berth/test-support/cluster/kubeadm.ts';
import { testCluster } from '@berth/test-support/cluster/test-cluster.ts';
import { until } from '@berth/test-support/until.ts';

const cluster = await testCluster();
const { admin, kubectl } = cluster;
const inDefault = '/api/v1/namespaces/default';

const forbidden = (error: unknown) => error instanceof ApiError && error.reason === 'Forbidden';

test('kubectl reaches an API server of the version that is built', async () => {
  const versions = JSON.parse(await kubectl.run(['version', '--output=json'])) as Record<
    'clientVersion' | 'serverVersion',
    { gitVersion: string }
  >;
  assert.match(versions.serverVersion.gitVersion, /^v1\.37\.\d+$/);
  assert.equal(versions.clientVersion.gitVersion, versions.serverVersion.gitVersion);
});

test('nobody but root can read keys', () => {
  assert.equal(statSync(cluster.dir).mode & 0o777, 0o700);
  cluster.nodeKubeconfig('one');
  cluster.bootstrapKubeconfig();
  const secrets = readdirSync(cluster.dir).filter((name) => /\.(key|kubeconfig)$/.test(name));
  assert.ok(secrets.length > 8, secrets.join());
  for (const name of secrets) assert.equal(statSync(join(cluster.dir, name)).mode & 0o777, 0o600, name);
});

test('controllers work: a Deployment makes pods, which the scheduler finds no node for', async () => {
  const labels = { app: 'web' };
  const spec = {
    replicas: 2,
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers: [{ name: 'main', image: 'none' }] } },
  };
  await kubectl.apply({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' }, spec });
  interface Pods {
    items: { status: { conditions?: { type: string; reason?: string }[] } }[];
  }
  await until('both pods are unschedulable', async () => {
    const { items } = await admin.get<Pods>(`${inDefault}/pods?labelSelector=app%3Dweb`);
    const reasons = items.map(({ status }) => status.conditions?.[0]?.reason);
    return reasons.length === 2 && reasons.every((reason) => reason === 'Unschedulable');
  });
  await kubectl.run(['delete', 'deployment', 'web', '--cascade=foreground']);
  await until('the garbage collector has removed the pods', async () => {
    const { items } = await admin.get<Pods>(`${inDefault}/pods?labelSelector=app%3Dweb`);
    return items.length === 0;
  });
});

test("a node reads the Secrets of its own pods, and no other node's", async () => {
  const one = cluster.as({ commonName: 'system:node:one', organizations: ['system:nodes'] }).client;
  const two = cluster.as({ commonName: 'system:node:two', organizations: ['system:nodes'] }).client;
  await admin.create(`${inDefault}/secrets`, { metadata: { name: 'password' }, stringData: { it: 'is' } });
  const secret = `${inDefault}/secrets/password`;
  await assert.rejects(one.get(secret), forbidden);
  await assert.rejects(one.create('/api/v1/nodes', { metadata: { name: 'two' } }), forbidden);
  await one.create('/api/v1/nodes', { metadata: { name: 'one' } });
  await admin.create(`${inDefault}/pods`, {
    metadata: { name: 'reader' },
    spec: {
      nodeName: 'one',
      containers: [{ name: 'main', image: 'none', envFrom: [{ secretRef: { name: 'password' } }] }],
    },
  });
  await until('the authorizer knows of the pod', () => one.find(secret).catch(() => undefined));
  await assert.rejects(two.get(secret), forbidden);
  await assert.rejects(two.get(`${inDefault}/secrets`), forbidden);
  await admin.delete(`${inDefault}/pods/reader`, { gracePeriodSeconds: 0 });
  await admin.delete('/api/v1/nodes/one');
});

test('a bootstrap token may ask for a certificate, and for nothing else', async () => {
  const as = `--kubeconfig=${cluster.bootstrapKubeconfig()}`;
  const can = (...words: string[]) => kubectl.run([as, 'auth', 'can-i', ...words]);
  assert.equal(await can('create', 'certificatesigningrequests'), 'yes\n');
  await assert.rejects(can('get', 'secrets'), { code: 1, stdout: 'no\n' });
  await assert.rejects(can('list', 'pods'), { code: 1, stdout: 'no\n' });
});

test('what was stored survives the SIGKILL of the API server and of etcd', async () => {
  await admin.create(`${inDefault}/configmaps`, { metadata: { name: 'kept' }, data: { it: 'is' } });
  await cluster.apiServer.kill();
  await assert.rejects(admin.get(`${inDefault}/configmaps/kept`), { code: 'ECONNREFUSED' });
  await cluster.etcd.kill();
  await cluster.etcd.start();
  await cluster.apiServer.start();
  const { data } = await admin.get<{ data: object }>(`${inDefault}/configmaps/kept`);
  assert.deepEqual(data, { it: 'is' });
});

test('an API server whose etcd is paused is not ready, and recovers', async () => {
  cluster.etcd.pause();
  await until('it is not ready', async () => !(await cluster.apiServer.isReady()));
  cluster.etcd.resume();
  await until('it is ready', () => cluster.apiServer.isReady());
  await admin.create(`${inDefault}/configmaps`, { metadata: { name: 'after' } });
});

test('kubeadm join finds what kubeadm init leaves', async () => {
  const { args } = await prepareForKubeadm(cluster, { rotateCertificates: true, failSwapOn: false });
  assert.deepEqual(args.slice(0, 2), [
    new URL(cluster.endpoint.server).host,
    '--token=abcdef.0123456789abcdef',
  ]);
  assert.match(String(args[2]), /^--discovery-token-ca-cert-hash=sha256:[0-9a-f]{64}$/);
  interface ConfigMap {
    data: Record<string, string>;
  }
  const info = await until('the bootstrap signer has signed cluster-info', async () => {
    const { data } = await admin.get<ConfigMap>('/api/v1/namespaces/kube-public/configmaps/cluster-info');
    return data['jws-kubeconfig-abcdef'] !== undefined && data;
  });
  assert.match(String(info['kubeconfig']), /certificate-authority-data: \w/);
  const inSystem = '/api/v1/namespaces/kube-system/configmaps';
  const kubelet = await admin.get<ConfigMap>(`${inSystem}/kubelet-config`);
  assert.match(String(kubelet.data['kubelet']), /^failSwapOn: false$/m);
  assert.ok(await admin.get(`${inSystem}/kubeadm-config`));
});
