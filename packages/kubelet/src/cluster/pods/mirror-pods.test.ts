import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { Pod } from '../../api/pod.ts';
import { redirectLog } from '../../klog/klog.ts';
import { apiError } from '../../testing/fake-api.ts';
import { testPod } from '../../testing/pod.ts';
import { MirrorPods } from './mirror-pods.ts';
import { mirrorOf } from './mirror-step.ts';

after(redirectLog(() => {}));

const node = { name: 'n', uid: 'nu' };
// What must not happen has no event.
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

function staticPod(hash: string): Pod {
  const annotations = { 'kubernetes.io/config.source': 'file', 'kubernetes.io/config.hash': hash };
  return testPod({ containers: [{ name: 'c' }] }, { annotations, uid: hash });
}

function stage(changes: { node?: typeof node | undefined; isTaken?: boolean } = { node }) {
  const requests: string[] = [];
  let mirror: Pod | undefined;
  const mirrors = new MirrorPods({
    client: {
      get: async () => Object(mirror),
      create: async (_resource, { namespace }, pod) => {
        requests.push(`create ${namespace}/${pod.metadata?.name}`);
        if (changes.isTaken) throw apiError(409, 'AlreadyExists');
        return pod;
      },
      delete: async (_resource, { name }, options) => {
        requests.push(`delete ${name} if ${options?.preconditions?.uid}`);
      },
    },
    served: {
      mirrors: () =>
        new Map(
          mirror && [['default/p', { pod: mirror, status: { phase: 'Pending' }, resourceVersion: '1' }]],
        ),
    },
    node: () => changes.node,
    isEnding: () => false,
  });
  const show = (pod: Pod | undefined, uid = 'm'): void => {
    mirror = pod && { ...mirrorOf(pod, node), metadata: { ...mirrorOf(pod, node).metadata, uid } };
    mirrors.reconcile();
  };
  return { mirrors, requests, show };
}

test('a static pod gets one mirror pod, however late the watch shows it', async () => {
  const { mirrors, requests, show } = stage();
  mirrors.setPods([staticPod('h1')], true);
  await settled();
  mirrors.reconcile();
  await settled();
  show(staticPod('h1'));
  await settled();
  assert.deepEqual(requests, ['create default/p']);
  mirrors.stop();
});

test('a mirror pod is deleted once, however late the watch shows that', async () => {
  const { mirrors, requests, show } = stage();
  mirrors.setPods([], true);
  show(staticPod('h1'));
  await settled();
  mirrors.reconcile();
  await settled();
  assert.deepEqual(requests, ['delete p if m']);
  // Another one of its name, which nobody has deleted.
  show(staticPod('h1'), 'other');
  await settled();
  assert.deepEqual(requests, ['delete p if m', 'delete p if other']);
  mirrors.stop();
});

test('a changed static pod replaces it, and one that is gone removes it', async () => {
  const { mirrors, requests, show } = stage();
  mirrors.setPods([staticPod('h2')], true);
  show(staticPod('h1'));
  await settled();
  mirrors.reconcile();
  await settled();
  assert.deepEqual(requests.splice(0), ['delete p if m', 'create default/p']);
  show(staticPod('h2'), 'm2');
  mirrors.setPods([], true);
  await settled();
  assert.deepEqual(requests, ['delete p if m2']);
  mirrors.stop();
});

test('a node that is not in the API has no mirror pods, and one that was made before counts', async () => {
  const gone = stage({ node: undefined });
  gone.mirrors.setPods([staticPod('h1')], true);
  await settled();
  assert.deepEqual(gone.requests, []);
  gone.mirrors.stop();
});
