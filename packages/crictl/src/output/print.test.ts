import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

test('nothing but print.ts opens the standard outputs, which costs Bun 10 ms and mixes up the order', () => {
  const root = join(import.meta.dirname, '..');
  const users = globSync('**/*.ts', { cwd: root })
    .filter((file) => !/\.test\.ts$|^testing\//.test(file))
    .filter((file) =>
      /process\.(stdout|stderr)|\b(stdout|stderr)\b[^=;]*} = process\b|console\.(log|error)/.test(
        readFileSync(join(root, file), 'utf8'),
      ),
    );
  assert.deepEqual(users, ['output/print.ts']);
});
