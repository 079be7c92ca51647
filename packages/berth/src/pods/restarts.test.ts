import assert from 'node:assert/strict';
import { test } from 'node:test';
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import { RestartsBefore } from './restarts.ts';

const pod = (restartCount: number, containerID?: string): v1.Pod => ({
  spec: { containers: [{ name: 'a' }] },
  status: {
    containerStatuses: [
      { name: 'a', restartCount, ready: true, image: '', imageID: '', ...(containerID && { containerID }) },
    ],
  },
});

test('a new pod had no restarts, another those with which it is first seen', () => {
  const before = new RestartsBefore((uid) => uid === 'new');
  assert.equal(before.of('new', pod(2, 'berth://1'))('a'), 0);
  assert.equal(before.of('old', undefined)('a'), 0);
  assert.equal(
    before.of('old', pod(0))('a'),
    Number.POSITIVE_INFINITY,
    'nothing is known of its container yet',
  );
  assert.equal(before.of('old', pod(2, 'berth://1'))('a'), 2);
  assert.equal(before.of('old', pod(3, 'berth://2'))('a'), 2);
});
