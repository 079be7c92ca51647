import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testPod } from '../testing/pod.ts';
import { nestedMountPoints } from './nested-mounts.ts';

const pointsOf = (...mounts: [name: string, mountPath: string][]) =>
  nestedMountPoints(
    testPod({
      containers: [
        { name: 'a', volumeMounts: mounts.map(([name, mountPath]) => ({ name, mountPath })) },
        { name: 'b', volumeMounts: [{ name: 'v', mountPath: '/dir/of/b' }] },
      ],
    }),
    'v',
  );

test('mounts directly below a volume get a mount point in it', () => {
  assert.deepEqual(pointsOf(['v', '/dir']), []);
  assert.deepEqual(pointsOf(['w', '/dir/in'], ['v', '/dir/']), ['in']);
  assert.deepEqual(pointsOf(['v', 'dir'], ['w', '/dir/./in/']), ['in']);
  assert.deepEqual(
    pointsOf(['v', '/dir'], ['w', '/dir/in'], ['x', '/dir/in-two'], ['y', '/dir/in/deeper'], ['z', '/dir2']),
    ['in', 'in-two'],
  );
  assert.deepEqual(pointsOf(['w', '/dir'], ['v', '/dir/in']), []);
  assert.throws(
    () => pointsOf(['v', '/dir/../etc'], ['w', '/etc/in']),
    /^Error: invalid container mount point/,
  );
});
