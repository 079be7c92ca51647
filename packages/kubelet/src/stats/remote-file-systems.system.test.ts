// A file system whose server never answers: FUSE without a daemon.
import assert from 'node:assert/strict';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { mount, unmount } from '@berth/linux/mounts/mount.ts';
import { scratchDir } from '@berth/test-support/scratch.ts';
import { until } from '@berth/test-support/until.ts';
import { RemoteFileSystems } from './remote-file-systems.ts';

test('a dead server takes one thread, delays nobody, and leaves what is known of the others', async () => {
  using scratch = scratchDir('deadserver');
  const path = (name: string) => join(scratch.path, name);
  for (const name of ['alive', 'dead', 'deader']) mkdirSync(path(name));
  mount({ source: 'tmpfs', target: path('alive'), fstype: 'tmpfs', data: 'size=1m' });
  const servers = ['dead', 'deader'].map((name) => {
    const descriptor = openSync('/dev/fuse', 'r+');
    const data = `fd=${descriptor},rootmode=40000,user_id=0,group_id=0`;
    mount({ source: 'fuse', target: path(name), fstype: 'fuse', data });
    return descriptor;
  });
  const systems = new RemoteFileSystems();
  try {
    const [alive] = await systems.of([path('alive'), path('nowhere')]);
    assert.equal(alive?.totalBytes, 1024n * 1024n);
    const began = performance.now();
    // As often as there are threads, and more.
    for (let round = 0; round < 10; round++) {
      const [known, dead, deader] = await systems.of([path('alive'), path('dead'), path('deader')]);
      assert.equal(known?.totalBytes, 1024n * 1024n);
      assert.deepEqual([dead, deader], [undefined, undefined]);
    }
    await Promise.all(Array.from({ length: 8 }, () => stat(scratch.path)));
    assert.ok(performance.now() - began < 5000);
  } finally {
    // Aborts the connections, and with them what waits for an answer.
    for (const descriptor of servers) closeSync(descriptor);
    for (const name of ['alive', 'dead', 'deader']) unmount(path(name), { detach: true });
  }
  mkdirSync(path('later'));
  await until('the others have their turn again', async () => (await systems.of([path('later')]))[0]);
});
