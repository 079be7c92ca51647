// The soak works: twenty seconds of it, which are too few to judge by.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkout } from '@berth/test-support/scratch.ts';

test('a soak of twenty seconds lives every kind of life and reports', { timeout: 600_000 }, async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  const args = [join(checkout, 'test/soak/main.ts'), '--minutes', '0.34'];
  execFile(process.execPath, args, { cwd: checkout }, (_, stdout, stderr) => resolve(stdout + stderr));
  const output = await promise;
  assert.match(output, /\n(PASS|FAIL)\n$/);
  for (const life of ['pods', 'volumes', 'images', 'commands', 'streams', 'looks']) {
    assert.match(output, new RegExp(`${life} [1-9]`), output);
  }
  assert.match(output, /\nresidentMiB +first .* slope /);
});
