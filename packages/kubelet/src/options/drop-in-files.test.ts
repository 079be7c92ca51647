import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { mergePatch, readDropInFiles } from './drop-in-files.ts';

test('a merge patch sets, merges, replaces and removes', () => {
  const cases: [object, object, object][] = [
    [{ a: 1 }, { b: 2 }, { a: 1, b: 2 }],
    [{ a: { b: 1, c: 2 } }, { a: { b: 3 } }, { a: { b: 3, c: 2 } }],
    [{ a: [1, 2] }, { a: [3] }, { a: [3] }],
    [{ a: 1, b: 2 }, { a: null }, { b: 2 }],
    [{ a: 1 }, { a: { b: null, c: 1 } }, { a: { c: 1 } }],
  ];
  for (const [object, patch, merged] of cases)
    assert.deepEqual(mergePatch({ ...object }, { ...patch }), merged);
});

test('drop-in files are those with the suffix .conf, in the order of their paths', () => {
  const dir = mkdtempSync(join(tmpdir(), 'drop-in-'));
  try {
    mkdirSync(join(dir, '15-more'));
    for (const name of ['20-b.conf', '10-a.conf', '15-more/c.conf', 'README'])
      writeFileSync(join(dir, name), name);
    const { files, skipped } = readDropInFiles(dir);
    assert.deepEqual(
      files.map(({ content }) => String(content)),
      ['10-a.conf', '15-more/c.conf', '20-b.conf'],
    );
    assert.deepEqual(skipped, [join(dir, 'README')]);
  } finally {
    rmSync(dir, { recursive: true });
  }
});
