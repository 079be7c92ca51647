import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { until } from '@berth/test-support/until.ts';
import { redirectLog } from '../../klog/klog.ts';
import { NodeStartupMetrics } from '../../metrics/node-startup-metrics.ts';
import { MetricsRegistry } from '../../metrics/registry.ts';
import { FakeApi } from '../../testing/fake-api.ts';
import { testCapacity, testNodeFacts } from '../../testing/node-facts.ts';
import { testOptions } from '../../testing/options.ts';
import { withoutSelinux } from '../../testing/selinux.ts';
import { capacityAmounts } from '../allocatable.ts';
import { PodCidr } from '../pod-cidr.ts';
import type { Node } from '../status/node-object.ts';
import { ClusterNode } from './cluster-node.ts';

after(redirectLog(() => {}));

const condition = (type: string) => ({ type, status: true, reason: '', message: '' });

/** A node that joins the cluster of `api`, with a runtime that is ready. */
function joining(api: FakeApi, told: string[]): ClusterNode {
  const facts = testNodeFacts({ name: 'n' });
  return new ClusterNode({
    api: {
      client: api.client,
      heartbeat: api.client,
      events: api.client,
      closeConnections: () => assert.fail('nothing fails'),
    },
    cri: {
      runtime: {
        status: async () => ({
          status: { conditions: [condition('RuntimeReady'), condition('NetworkReady')] },
          info: {},
          runtimeHandlers: [],
          features: undefined,
        }),
        version: async () => ({
          version: '',
          runtimeName: 'r',
          runtimeVersion: '1.2.3',
          runtimeApiVersion: 'v1',
        }),
      },
      image: { listImages: async () => ({ images: [] }) },
    },
    options: testOptions({
      nodeName: 'n',
      givenNodeIps: [],
      nodeStatus: { updateMs: 20, reportMs: 1000, maxImages: 50 },
    }),
    node: {
      facts,
      capacity: testCapacity,
      amounts: capacityAmounts(testCapacity, { pids: 1000, hugepages: new Map() }),
      forPods: testCapacity,
      podLimits: facts.allocatable,
      selinux: withoutSelinux,
    },
    version: 'v1.37.0',
    isRunning: () => true,
    reports: {
      pressures: () => ({ memory: false, disk: false, pid: false }),
      problems: () => [],
      volumesInUse: () => [],
      devices: () => new Map(),
      hadDevices: () => false,
    },
    events: { recordOfNode: (type, reason, _message, uid) => told.push(`${type} ${reason} ${uid ?? '-'}`) },
    startup: new NodeStartupMetrics(new MetricsRegistry(), { bootedAt: 0, startedAt: 0 }),
    podCidr: new PodCidr({
      updateRuntimeConfig: async ({ runtimeConfig }) => {
        told.push(`pod CIDR ${runtimeConfig?.networkConfig?.podCidr}`);
        return {};
      },
    }),
  });
}

test('a node registers, is seen, and learns what others made of it', async (t) => {
  const api = new FakeApi();
  const told: string[] = [];
  const node = joining(api, told);
  t.after(() => node.stop());
  const deleted = Promise.withResolvers<void>();
  node.onChange(({ metadata }) => {
    if (metadata.deletionTimestamp !== undefined) deleted.resolve();
  });
  assert.equal(node.reference(), undefined);
  node.start();
  await node.seen(AbortSignal.timeout(10_000));
  assert.deepEqual(node.reference(), { name: 'n', uid: 'uid-n' });
  const created = node.current();
  assert.equal(created?.status?.nodeInfo?.containerRuntimeVersion, 'r://1.2.3');
  assert.equal(created?.status?.conditions?.at(-1)?.status, 'True');
  assert.deepEqual(told.splice(0, 3), [
    'Normal NodeHasSufficientMemory -',
    'Normal NodeHasNoDiskPressure -',
    'Normal NodeHasSufficientPID -',
  ]);

  const spec = { unschedulable: true, podCIDRs: ['10.1.0.0/24'] };
  const other: Node = Object.assign({}, api.object('nodes', 'n'), { metadata: { name: 'n' }, spec });
  api.set('nodes', 'n', other);
  const tells = (line: string) =>
    until(
      line,
      () => told.includes(line),
      () => told,
    );
  await tells('pod CIDR 10.1.0.0/24');
  await tells('Normal NodeNotSchedulable uid-n');

  api.set('nodes', 'n', { ...other, metadata: { deletionTimestamp: '2026-11-30T00:00:00Z' } });
  await deleted.promise;
  assert.equal(node.reference(), undefined);
  node.stop();
  await assert.rejects(node.seen(AbortSignal.abort()));
});
