import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testPod } from '../testing/pod.ts';
import { stopOrder } from './stop-order.ts';

const { spec } = testPod({
  initContainers: [
    { name: 's1', restartPolicy: 'Always' },
    { name: 'i' },
    { name: 's2', restartPolicy: 'Always' },
    { name: 's3', restartPolicy: 'Always' },
  ],
  containers: [{ name: 'a' }, { name: 'b' }],
});

/** Each container, with those that it waits for. */
const cases: [running: string, order: string][] = [
  ['a b', 'a b'],
  ['s1 s2 s3 a b', 'a b s3<a,b s2<a,b,s3 s1<a,b,s3,s2'],
  ['s1 a', 'a s1<a'],
  ['s1 s3', 's3 s1<s3'],
  ['s1 i', 'i s1'],
  ['s1 a debug', 'a debug s1<a'],
  ['a a s1', 'a a s1<a,a'],
];
for (const [running, order] of cases) {
  test(`${running} are stopped in the order ${order}`, () => {
    const containers = running.split(' ').map((name) => ({ name }));
    const shown = stopOrder(spec, containers).map(({ container, after }) =>
      after.length === 0 ? container.name : `${container.name}<${after.map(({ name }) => name)}`,
    );
    assert.equal(shown.join(' '), order);
  });
}

test('the containers of an orphan are stopped at once', () => {
  const containers = [{ name: 's1' }, { name: 'a' }];
  assert.deepEqual(
    stopOrder(undefined, containers).map(({ after }) => after),
    [[], []],
  );
});
