import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backingPath, loopConfig } from './loop-device.ts';

test('the path of a backing file', () => {
  const table: [text: string, path: string][] = [
    ['/var/lib/disk\n', '/var/lib/disk'],
    ['/var/lib/disk (deleted)\n', '/var/lib/disk'],
    ['/a b\n', '/a b'],
    ['/line\nbreak\n', '/line\nbreak'],
  ];
  for (const [text, path] of table) assert.equal(backingPath(text), path);
});

test('the configuration of a loop device', () => {
  const config = loopConfig(7, true, `/${'x'.repeat(100)}`);
  assert.equal(config.length, 304);
  const set = [...config.entries()].filter(([, byte]) => byte !== 0);
  // The descriptor, the flag for read-only, and 63 bytes of the path.
  assert.deepEqual(set.slice(0, 3), [
    [0, 7],
    [60, 1],
    [64, 0x2f],
  ]);
  assert.equal(set.at(-1)?.[0], 64 + 62);
  assert.equal(loopConfig(7, false, '/a')[60], 0);
});
