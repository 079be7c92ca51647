// SECURITY.md says which test shows what; this keeps it true when tests are moved or renamed.
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';

const root = dirname(import.meta.dirname);
const files = globSync(['packages/*/src/**/*.test.ts', 'test/**/*.test.ts', 'scripts/**/*.test.ts'], {
  cwd: root,
});

/** A file in backquotes, the end of its path, and the beginnings of names of its tests in quotes after it. */
const reference = /`([\w./-]+\.test\.ts)`((?:,? "[^"]+")*)/g;

test('SECURITY.md names tests that exist, each by a path that means one file', () => {
  const text = readFileSync(join(root, 'SECURITY.md'), 'utf8');
  const problems: string[] = [];
  let count = 0;
  for (const [, path = '', names = ''] of text.matchAll(reference)) {
    count += 1;
    const found = files.filter((file) => file.endsWith(`/${path}`));
    if (found.length !== 1) problems.push(`${path}: means ${found.length} files`);
    const source = found.map((file) => readFileSync(join(root, file), 'utf8')).join('');
    for (const [, name = ''] of names.matchAll(/"([^"]+)"/g)) {
      if (!source.includes(name)) problems.push(`${path}: has no test "${name}"`);
    }
  }
  assert.deepEqual(problems, []);
  assert.ok(count > 80, `${count} references`);
});
