// Pods of an API server on a real runtime: the server is in this process, so that a test needs no control plane;
// test/cluster/pods.test.ts has the real one.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '@berth/test-support/until.ts';
import type { Pod, PodStatus } from '../../api/pod.ts';
import { ApiSource } from '../../config/api-source.ts';
import { PodConfig } from '../../config/pod-config.ts';
import type { PodSource } from '../../config/pod-source.ts';
import type { Kubelet } from '../../kubelet.ts';
import { shellIn } from '../../testing/exec.ts';
import { MemoryApi } from '../../testing/memory-api.ts';
import { forever, shellPod, startTestNode, type TestNode } from '../../testing/node.ts';
import { podFeed } from './pod-resource.ts';

type ServedObject = Pod & { status: PodStatus };

/** A kubelet of the node that has joined the cluster of `api`, with static pods beside. */
async function joined(
  node: TestNode,
  api: MemoryApi,
  statics: readonly Pod[] = [],
): Promise<{ kubelet: Kubelet; stop(): Promise<void> }> {
  const kubelet = node.kubelet({}, api.connection());
  const { clusterNode } = kubelet;
  assert.ok(clusterNode);
  const file: PodSource = {
    name: 'file',
    start: (onUpdate) =>
      onUpdate({
        op: 'set',
        source: 'file',
        pods: [...statics],
        objects: [],
        files: new Map(),
        rejected: [],
      }),
    stop: async () => {},
  };
  const feed = podFeed(api.client, node.options.nodeName, (signal) => clusterNode.seen(signal));
  const config = new PodConfig([file, new ApiSource(feed)]);
  config.start(
    (pods, _objects, sourcesRead) => kubelet.setPods(pods, sourcesRead),
    (served) => kubelet.setServed(served),
  );
  kubelet.join();
  return {
    kubelet,
    stop: async () => {
      await config.stop();
      await kubelet.stop();
    },
  };
}

/** The pod as a client creates it; the server gives it its UID. */
function created(pod: Pod): ServedObject {
  const { uid: _, ...metadata } = pod.metadata;
  const creationTimestamp = new Date().toISOString();
  return {
    ...pod,
    metadata: { ...metadata, creationTimestamp } as Pod['metadata'],
    status: { phase: 'Pending' },
  };
}

function untilServed(
  api: MemoryApi,
  name: string,
  what: string,
  is: (pod: ServedObject) => boolean,
): Promise<ServedObject> {
  return until(
    `${name} ${what}`,
    () => {
      const pod = api.object<ServedObject>('pods', name);
      return pod && is(pod) ? pod : undefined;
    },
    () => api.object('pods', name),
  );
}

const isReady = ({ status }: ServedObject): boolean =>
  status.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false;

async function untilDeleted(api: MemoryApi, name: string): Promise<void> {
  await until(
    `${name} is deleted`,
    () => api.object('pods', name) === undefined,
    () => api.object('pods', name),
  );
}

function configMap(word: string): object {
  return { metadata: { namespace: 'default', name: 'map' }, data: { word } };
}

test('a pod of the API server runs with its objects, tells its status, survives its kubelet, and ends', async () => {
  await using node = await startTestNode('berthd');
  const api = new MemoryApi();
  api.put('services', {
    metadata: { namespace: 'default', name: 'kubernetes' },
    ...{ spec: { clusterIP: '10.96.0.1', ports: [{ port: 443, name: 'https', protocol: 'TCP' }] } },
  });
  const first = await joined(node, api);
  const sources = [{ configMap: { name: 'map' } }, { serviceAccountToken: { path: 'token' } }];
  const volumeMounts = [{ name: 'v', mountPath: '/v' }];
  const script = 'trap "exit 3" TERM; while true; do sleep 1 & wait $!; done';
  const pod = shellPod('web', script, { volumes: [{ name: 'v', projected: { sources } }] }, { volumeMounts });
  api.put('pods', created(pod));
  const waits = await untilServed(
    api,
    'web',
    'waits for its ConfigMap',
    ({ status }) => status.startTime !== undefined,
  );
  assert.equal(waits.status.phase, 'Pending');
  api.put('configmaps', configMap('one'));
  const ready = await untilServed(api, 'web', 'is ready', isReady);
  const read = async (): Promise<string> =>
    (await shellIn(node, ready, 'echo $(cat /v/word /v/token) $KUBERNETES_SERVICE_HOST')).output;
  assert.equal(await read(), 'onea.b.c 10.96.0.1\n');
  api.put('configmaps', configMap('two'));
  await until('the volume has the new text', async () => (await read()) === 'twoa.b.c 10.96.0.1\n');

  await first.stop();
  const second = await joined(node, api);
  const { uid } = ready.metadata;
  await until('the next kubelet has it', () =>
    second.kubelet.pods().some(({ metadata }) => metadata.uid === uid),
  );
  await read();
  const now = await untilServed(api, 'web', 'is there', () => true);
  assert.deepEqual(now.status, ready.status);

  api.remove('pods', { namespace: 'default', name: 'web' }, { gracePeriodSeconds: 5 });
  const phases = new Set<string>();
  await until('it is deleted', () => {
    const found = api.object<ServedObject>('pods', 'web');
    if (found)
      phases.add(`${found.status.phase} ${found.status.containerStatuses?.[0]?.state?.terminated?.exitCode}`);
    return found === undefined;
  });
  assert.ok(phases.has('Failed 3'), [...phases].join());
  await until('nothing is left', () => second.kubelet.pods().length === 0);
  assert.deepEqual((await node.cri.runtime.listPodSandbox({})).items, []);
  await second.stop();
});

test('a static pod has a mirror pod, which comes again when it is deleted and goes with it', async () => {
  await using node = await startTestNode('berthd');
  const api = new MemoryApi();
  const pod = shellPod('static-testnode', forever);
  const annotations = {
    'kubernetes.io/config.source': 'file',
    'kubernetes.io/config.hash': pod.metadata.uid,
  };
  const first = await joined(node, api, [{ ...pod, metadata: { ...pod.metadata, annotations } }]);
  const mirror = await untilServed(api, 'static-testnode', 'is ready', isReady);
  assert.equal(mirror.metadata.ownerReferences?.[0]?.name, 'testnode');
  api.remove('pods', { namespace: 'default', name: 'static-testnode' });
  const again = await untilServed(
    api,
    'static-testnode',
    'was made again',
    (each) => each.metadata.uid !== mirror.metadata.uid && isReady(each),
  );
  const idOf = ({ status }: ServedObject) => status.containerStatuses?.[0]?.containerID;
  assert.equal(idOf(again), idOf(mirror));
  await first.stop();
  const second = await joined(node, api);
  await untilDeleted(api, 'static-testnode');
  await until('nothing is left', () => second.kubelet.pods().length === 0);
  await second.stop();
});

test('a pod that does not fit has failed for good, and is deleted at once', async () => {
  await using node = await startTestNode('berthd');
  const api = new MemoryApi();
  const { stop } = await joined(node, api);
  api.put('pods', created(shellPod('large', forever, {}, { resources: { requests: { cpu: '1000' } } })));
  const failed = await untilServed(api, 'large', 'has failed', ({ status }) => status.phase === 'Failed');
  assert.equal(failed.status.reason, 'OutOfcpu');
  api.remove('pods', { namespace: 'default', name: 'large' });
  await untilDeleted(api, 'large');
  await stop();
});
