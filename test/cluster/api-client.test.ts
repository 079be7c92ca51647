// The kubelet's own client, its list and its watch, with a real API server.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ApiObject } from '@berth/kubelet/apiserver/api-client.ts';
import { ApiServer } from '@berth/kubelet/apiserver/api-server.ts';
import { loadKubeconfig } from '@berth/kubelet/apiserver/kubeconfig/load.ts';
import { ListWatch } from '@berth/kubelet/apiserver/list-watch.ts';
import { testCluster } from '@berth/test-support/cluster/test-cluster.ts';
import { until } from '@berth/test-support/until.ts';

interface ConfigMap extends ApiObject {
  data?: Record<string, string>;
}

const cluster = await testCluster();
const configMaps = { group: '', version: 'v1', plural: 'configmaps' };
const where = { namespace: 'default', name: 'a' };

async function connect(path: string): Promise<ApiServer> {
  return new ApiServer(await loadKubeconfig(path), { version: 'v1.37.2' });
}

const configMap = (data: Record<string, string>): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'a', namespace: 'default' },
  data,
});

test('every method, and the refusals of the server', async () => {
  using server = await connect(cluster.adminKubeconfig);
  const client = server.client({ qps: -1, burst: 0 });
  const made = await client.create<ConfigMap>(configMaps, where, configMap({ a: '1' }));
  await assert.rejects(client.create(configMaps, where, configMap({})), {
    reason: 'AlreadyExists',
    code: 409,
  });
  await client.patch(configMaps, where, 'merge', { data: { b: '2' } });
  await client.patch(configMaps, where, 'strategic', { data: { c: '3' } });
  await client.patch(configMaps, where, 'json', [{ op: 'remove', path: '/data/a' }]);
  await client.patch(configMaps, where, 'apply', configMap({ d: '4' }), {
    fieldManager: 'test',
    force: true,
  });
  assert.deepEqual((await client.get<ConfigMap>(configMaps, where)).data, { b: '2', c: '3', d: '4' });
  await assert.rejects(client.update(configMaps, where, made), { reason: 'Conflict', code: 409 });
  await client.delete(configMaps, where, { preconditions: { uid: made.metadata?.uid ?? '' } });
  await assert.rejects(client.get(configMaps, where), { reason: 'NotFound', code: 404 });
  const { items } = await client.list(configMaps, { namespace: 'default' }, { resourceVersion: '0' });
  assert.ok(Array.isArray(items));
  using asNode = await connect(cluster.nodeKubeconfig('one'));
  const node = asNode.client({ qps: -1, burst: 0 });
  await assert.rejects(node.list(configMaps, {}), { reason: 'Forbidden', code: 403 });
});

test('a list and watch that outlives the API server', async () => {
  using server = await connect(cluster.adminKubeconfig);
  const client = server.client({ qps: -1, burst: 0, timeoutMs: 10_000 });
  const noted: string[] = [];
  const value = ({ data }: ConfigMap): string => data?.['a'] ?? '';
  await using watch = new ListWatch<ConfigMap>({
    client,
    resource: configMaps,
    selection: { namespace: 'default', fieldSelector: 'metadata.name=a' },
    onAdd: (object) => noted.push(`+${value(object)}`),
    onUpdate: (_, object) => noted.push(`~${value(object)}`),
    onDelete: (object) => noted.push(`-${value(object)}`),
  }).start();
  await watch.synced(AbortSignal.timeout(30_000));
  await client.create(configMaps, where, configMap({ a: '1' }));
  await client.patch(configMaps, where, 'merge', { data: { a: '2' } });
  await until('both are seen', () => noted.length === 2);
  await cluster.apiServer.restart();
  await client.patch(configMaps, where, 'merge', { data: { a: '3' } });
  await client.delete(configMaps, where);
  await until('what happened since is seen', () => noted.length === 4, undefined, 120_000);
  assert.deepEqual(noted, ['+1', '~2', '~3', '-3']);
});
