import assert from 'node:assert/strict';
import { test } from 'node:test';
import { desiredPods, type PodOperation, type ServedPods, updateApiPods } from './api-pods.ts';

const seen = new Date('2026-11-30T09:00:00Z');
const later = new Date('2026-11-30T09:30:00Z');

interface Changes {
  metadata?: object;
  spec?: object;
  status?: object;
}

/** A pod as the API server sends it. */
function apiPod(version: number, { metadata, spec, status }: Changes = {}): object {
  return {
    metadata: {
      name: 'web',
      namespace: 'default',
      uid: 'u1',
      resourceVersion: String(version),
      creationTimestamp: '2026-11-30T08:00:00Z',
      managedFields: [{ manager: 'kubectl' }],
      ...metadata,
    },
    spec: { nodeName: 'node1', containers: [{ name: 'c', image: 'nginx', newerField: {} }], ...spec },
    status: { phase: 'Pending', ...status },
  };
}

function known(...objects: object[]): ServedPods {
  return updateApiPods(new Map(), objects, seen).served;
}

test('a pod has its defaults, its annotations and no fields that this kubelet does not know', () => {
  const [pod] = desiredPods(known(apiPod(1)));
  assert.deepEqual(pod?.metadata.annotations, {
    'kubernetes.io/config.seen': '2026-11-30T09:00:00.000000000Z',
    'kubernetes.io/config.source': 'api',
  });
  assert.equal(pod?.metadata.managedFields, undefined);
  assert.equal(pod?.spec.containers[0]?.imagePullPolicy, 'Always');
  assert.equal(JSON.stringify(pod).includes('newerField'), false);
});

/** What a second version of the pod is, whether the pods to run changed, and whether the pod stays the same object. */
const changes: [what: string, next: object, operation: PodOperation, isSameObject: boolean][] = [
  ['nothing but the version', apiPod(2), 'none', true],
  ['the status', apiPod(2, { status: { phase: 'Running' } }), 'reconcile', true],
  ['a label', apiPod(2, { metadata: { labels: { a: 'b' } } }), 'update', false],
  ['an annotation', apiPod(2, { metadata: { annotations: { a: 'b' } } }), 'update', false],
  [
    'an annotation of the kubelet',
    apiPod(2, { metadata: { annotations: { 'kubernetes.io/config.source': 'file' } } }),
    'none',
    true,
  ],
  ['the image', apiPod(2, { spec: { containers: [{ name: 'c', image: 'nginx:2' }] } }), 'update', false],
  [
    'a deletion',
    apiPod(2, { metadata: { deletionTimestamp: '2026-11-30T09:00:30Z', deletionGracePeriodSeconds: 30 } }),
    'delete',
    false,
  ],
  ['a finalizer', apiPod(2, { metadata: { finalizers: ['a/b'] } }), 'none', true],
];

for (const [what, next, operation, isSameObject] of changes) {
  test(`${what} of a pod that changed: ${operation}`, () => {
    const before = known(apiPod(1));
    const { served, isDesiredChanged } = updateApiPods(before, [next], later);
    assert.equal(isDesiredChanged, operation === 'update' || operation === 'delete');
    const [former, now] = [before.get('u1'), served.get('u1')];
    assert.equal(now?.pod === former?.pod, isSameObject);
    assert.equal(now?.resourceVersion, '2');
    // When it was first seen stays.
    assert.match(now?.pod.metadata.annotations?.['kubernetes.io/config.seen'] ?? '', /T09:00:00/);
  });
}

test('a pod that is gone, and one of its name with another UID, change what is run', () => {
  const before = known(apiPod(1));
  assert.equal(updateApiPods(before, [], later).isDesiredChanged, true);
  const { served } = updateApiPods(before, [apiPod(3, { metadata: { uid: 'u2' } })], later);
  assert.deepEqual([...served.keys()], ['u2']);
});

test('what has the same version is not read again', () => {
  const before = known(apiPod(1));
  const { served } = updateApiPods(before, [apiPod(1, { status: { phase: 'Failed' } })], later);
  assert.equal(served.get('u1'), before.get('u1'));
});

test('mirror pods do not run, and older pods are admitted before younger ones', () => {
  const at = (uid: string, creationTimestamp: string, annotations = {}): object =>
    apiPod(1, { metadata: { uid, name: uid, creationTimestamp, annotations } });
  const served = known(
    at('young', '2026-11-30T08:00:02Z'),
    at('old', '2026-11-30T08:00:01Z'),
    at('mirror', '2026-11-30T08:00:00Z', { 'kubernetes.io/config.mirror': 'hash' }),
  );
  assert.equal(served.size, 3);
  assert.deepEqual(
    desiredPods(served).map(({ metadata }) => metadata.uid),
    ['old', 'young'],
  );
});

test('a version that cannot be read leaves the pod as it was', () => {
  const before = known(apiPod(1));
  const broken = apiPod(2, { spec: { containers: 'none' } });
  const { served, unreadable } = updateApiPods(before, [broken, apiPod(1, { metadata: { uid: '' } })], later);
  assert.equal(served.get('u1'), before.get('u1'));
  assert.deepEqual([...unreadable.keys()], ['default/web']);
});
