import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mountRefs } from './mount-refs.ts';

const mount = (id: number, device: string, root: string, mountPoint: string) => ({
  id,
  device,
  root,
  mountPoint,
});

test('other mounts of a disk, and of a directory', () => {
  const table = [
    mount(1, '254:0', '/', '/'),
    mount(2, '8:0', '/', '/k/plugins/disk'),
    mount(3, '8:0', '/', '/k/pods/a/v'),
    mount(4, '8:0', '/part', '/k/pods/a/part'),
    mount(5, '254:0', '/mnt/data', '/k/pods/b/v'),
    mount(6, '254:0', '/mnt/data/below', '/k/pods/c/v'),
    mount(7, '8:16', '/sub', '/srv'),
    mount(8, '8:16', '/sub/share', '/k/pods/d/v'),
  ];
  for (const [path, expected] of [
    ['/k/plugins/disk', ['/k/pods/a/v']],
    ['/k/plugins/disk/part', ['/k/pods/a/part']],
    ['/mnt/data', ['/k/pods/b/v']],
    ['/mnt/data2', []],
    ['/srv/share', ['/k/pods/d/v']],
    ['/', []],
  ] as const) {
    assert.deepEqual(mountRefs(table, path), expected, path);
  }
});

test('what is mounted over a path hides what is below', () => {
  const table = [
    mount(1, '254:0', '/', '/'),
    mount(2, '254:0', '/data', '/k/pods/a/v'),
    mount(3, '8:0', '/', '/data'),
  ];
  assert.deepEqual(mountRefs(table, '/data'), []);
  assert.throws(() => mountRefs([], '/data'), { message: 'no mount has the path /data' });
});
