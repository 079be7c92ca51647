import assert from 'node:assert/strict';
import { linkSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { diskUsage } from './disk-usage.ts';

const dir = mkdtempSync('/tmp/linux-disk-usage-');
after(() => rmSync(dir, { recursive: true }));

test('blocks and inodes of everything below, a file of two names once, links not followed', async () => {
  mkdirSync(join(dir, 'a/b'), { recursive: true });
  writeFileSync(join(dir, 'a/file'), Buffer.alloc(100_000));
  linkSync(join(dir, 'a/file'), join(dir, 'a/b/same'));
  symlinkSync('/usr', join(dir, 'link'));
  for (let index = 0; index < 100; index++) writeFileSync(join(dir, 'a/b', `small-${index}`), 'x');
  const paths = [
    '.',
    'a',
    'a/b',
    'a/file',
    ...Array.from({ length: 100 }, (_, index) => `a/b/small-${index}`),
  ];
  const blocks = paths.reduce((sum, path) => sum + statSync(join(dir, path)).blocks, 0);
  const usage = await diskUsage(dir);
  assert.equal(usage?.inodes, paths.length + 1);
  assert.ok(usage && usage.bytes >= blocks * 512 && usage.bytes <= blocks * 512 + 4096);
  assert.equal(await diskUsage(join(dir, 'absent')), undefined);
});
