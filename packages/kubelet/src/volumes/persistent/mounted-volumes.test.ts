import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MountedVolumes } from './mounted-volumes.ts';

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
const claim = { name: 'c', namespace: 'default' };

test('volumes are measured once, and told with their claims', async () => {
  const volumes = new MountedVolumes();
  let measured = 0;
  const measure = async () => {
    measured += 1;
    return { time: null, usedBytes: 3n };
  };
  volumes.add({ uid: 'u', name: 'v', claim, measure });
  volumes.add({ uid: 'w', name: 'v', claim, measure: async () => undefined });
  volumes.add({ uid: 'u', name: 'inline', claim: undefined, measure });
  await turn();
  assert.deepEqual(volumes.of('u'), [
    { time: null, usedBytes: 3n, name: 'v', pvcRef: claim },
    { time: null, usedBytes: 3n, name: 'inline' },
  ]);
  assert.deepEqual(volumes.of('w'), []);
  assert.deepEqual(volumes.claims(), [{ claim, stats: { time: null, usedBytes: 3n, name: 'v' } }]);
  volumes.add({ uid: 'u', name: 'v', claim, measure });
  assert.equal(measured, 2);
  volumes.forget('u');
  assert.deepEqual(volumes.claims(), []);
});

test('a volume that cannot be measured is left out', async () => {
  const volumes = new MountedVolumes();
  volumes.add({ uid: 'u', name: 'v', claim, measure: () => Promise.reject(new Error('no driver')) });
  await turn();
  assert.deepEqual(volumes.of('u'), []);
});
