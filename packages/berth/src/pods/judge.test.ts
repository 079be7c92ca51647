import assert from 'node:assert/strict';
import { test } from 'node:test';
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import { judgePods, pullsOf } from './judge.ts';
import { CurrentRejections } from './rejections.ts';
import { RestartsBefore } from './restarts.ts';

const pod = (uid: string, ...images: string[]): v1.Pod => ({
  metadata: { name: 'a-n', uid },
  spec: { nodeName: 'n', containers: images.map((image, index) => ({ name: `c${index}`, image })) },
  status: { phase: 'Pending' },
});

test('pulls are those of the images of a pod, by the names that it has for them', () => {
  const pulls = ['docker.io/library/nginx:latest', 'registry.example/a:1', 'registry.example/b:1'].map(
    (image) => ({
      image,
      doneBytes: 1,
      totalBytes: 2,
    }),
  );
  assert.deepEqual(pullsOf(pod('1', 'nginx', 'registry.example/a:1', 'nginx', 'Not A Name'), pulls), [
    { image: 'nginx', done: 1, total: 2 },
    { image: 'registry.example/a:1', done: 1, total: 2 },
  ]);
  assert.deepEqual(pullsOf(pod('1', 'nginx'), []), []);
});

test('each pod is judged by its own version, its former one and what the kubelet says of its file', () => {
  const wanted = { uid: '2', name: 'default/a', key: 'default/a-n', file: '/m/a.yaml' };
  const before = {
    rejections: new CurrentRejections([]),
    restarts: new RestartsBefore(() => true),
    since: 0,
  };
  const judge = (pods: v1.Pod[], message?: string) => {
    const rejected = message === undefined ? [] : [{ file: '/m/a.yaml', message, lastGoodRuns: false }];
    const [judged] = judgePods({ pods, rejected, pulls: [] }, [wanted], before, 0);
    return [judged?.pod?.metadata?.uid, judged?.progress.state, judged?.progress.message];
  };
  assert.deepEqual(judge([]), [undefined, 'waiting', 'waiting for the kubelet']);
  assert.deepEqual(judge([pod('1', 'nginx')]), [undefined, 'waiting', 'old pod ending']);
  assert.deepEqual(judge([pod('1', 'nginx')], 'wrong'), [undefined, 'failed', 'wrong']);
  assert.deepEqual(judge([pod('2', 'nginx')]), ['2', 'waiting', 'starting']);
});
