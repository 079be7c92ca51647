// The families and the labels of /metrics in a cluster: what the real kubelet has, ours has too.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ClusterNode, startNode } from '@berth/test-support/cluster/node.ts';
import { testCluster } from '@berth/test-support/cluster/test-cluster.ts';
import { testImage } from '@berth/test-support/pods.ts';
import { nodeIsReady, podIsReady } from './objects.ts';

/** What ours lacks, and why. */
const leftOut: readonly (readonly [names: RegExp, why: string])[] = [
  [/^(apiserver_(?!delegated)|aggregator_)/, 'of the library for API servers; always 0 in a kubelet'],
  [
    /^(cardinality_enforcement|disabled_metrics|hidden_metrics|registered_metrics|go|workqueue)_/,
    'about Go, its metrics library and its queues',
  ],
  [/^kubernetes_feature_enabled/, 'this kubelet has no feature gates'],
  [/^(dra|kubelet_(cpu|memory|topology)_manager|kubelet_memory_qos)_/, 'this kubelet has no such managers'],
  [/^(force_cleaned_failed_volume|reconstruct_volume)_/, 'volumes are not reconstructed'],
  [/^kubelet_graceful_shutdown_/, 'there where the shutdown of the node is followed'],
  [/^kubelet_imagemanager_inmemory_/, 'records of pulls are on disk alone'],
  [/^kubelet_orphan_pod_cleaned_volumes_errors/, 'a pod that is left ends when its volumes are removed'],
  [/^kubelet_runtime_operations_errors_total/, 'there where a call of the runtime has failed'],
  [/^kubelet_(pleg_discard_events|pod_watch_events_dropped_total)/, 'no event is dropped'],
  [
    /^rest_client_(exec_plugin|rate_limiter|request_size|response_size|transport)_/,
    "sizes, waits and connections of Go's client are not counted yet",
  ],
];

const cluster = await testCluster();
const { kubectl } = cluster;

/** `name{label,label}` of each series of a text in Prometheus' format, once. */
function familiesOf(text: string): Set<string> {
  const series = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Set(
    series.map((line) => {
      const [, name = '', labels = ''] = /^([\w:]+)(?:\{(.*)\})? \S+(?: \d+)?$/.exec(line) ?? [];
      const names = [...labels.matchAll(/(\w+)="(?:[^"\\]|\\.)*"/g)].map(([, label]) => label).sort();
      return `${name}{${names.join(',')}}`;
    }),
  );
}

/** The families after a pod has run and the secure port was used by a token and without. */
async function families(node: ClusterNode): Promise<Set<string>> {
  const { name } = node;
  await nodeIsReady(cluster, name);
  const command = ['/bin/sh', '-c', 'trap "exit 0" TERM; while true; do sleep 1 & wait $!; done'];
  const containers = [{ name: 'main', image: testImage, command }];
  const spec = { nodeName: name, containers };
  await kubectl.apply({ apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec });
  await podIsReady(cluster, name);
  await kubectl.run(['logs', name]);
  const token = (await kubectl.run(['create', 'token', 'default'])).trim();
  const headers = { authorization: `Bearer ${token}` };
  process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
  assert.equal((await fetch(`https://127.0.0.1:${node.port}/metrics`, { headers })).status, 403);
  const text = await (await fetch(`http://127.0.0.1:${node.readOnlyPort}/metrics`)).text();
  await kubectl.run(['delete', 'pod', name]);
  return familiesOf(text);
}

test('families of both kubelets', async () => {
  await using real = await startNode({ cluster, name: 'real-m', kubelet: 'real' });
  await using ours = await startNode({ cluster, name: 'ours-m', kubelet: 'ours' });
  const [ofReal, ofOurs] = [await families(real), await families(ours)];
  const missing = [...ofReal.difference(ofOurs)].filter(
    (each) => !leftOut.some(([names]) => names.test(each)),
  );
  assert.deepEqual(missing.sort(), []);
});
