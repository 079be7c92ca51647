import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';

const source = new URL('./data-limit.ts', import.meta.url).href;
const MiB = 1024 ** 2;

/** Whether a process that may have 64 MiB more gets along with this many. */
function getsAlong(bytes: number): boolean {
  const script = `import { limitMoreData } from ${JSON.stringify(source)};
    limitMoreData(${64 * MiB});
    Buffer.alloc(${bytes}, 1);`;
  const { status } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { stdio: 'ignore' });
  return status === 0;
}

test('a process gets no more memory than it may have', () => {
  assert.ok(getsAlong(16 * MiB));
  assert.ok(!getsAlong(256 * MiB));
});
