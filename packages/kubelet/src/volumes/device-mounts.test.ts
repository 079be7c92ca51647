import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isMountedElsewhere } from './device-mounts.ts';

const mount = (mountPoint: string, device: string) => ({ mountPoint, device });

test('a file system is in use while it has another mount', () => {
  const own = mount('/k/plugins/lun', '8:0');
  for (const [table, expected] of [
    [[own], false],
    [[mount('/', '254:0'), own, mount('/k/pods/u/volumes/v', '8:16')], false],
    [[own, mount('/k/pods/u/volumes/v', '8:0')], true],
    [[own, own], false],
  ] as const) {
    assert.equal(isMountedElsewhere(table, '/k/plugins/lun'), expected);
  }
  assert.throws(() => isMountedElsewhere([], '/k/plugins/lun'), /not in the mount table/);
});
