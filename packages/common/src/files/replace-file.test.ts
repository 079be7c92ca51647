import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { replaceFile, replaceFileSync } from './replace-file.ts';

const dir = mkdtempSync(join(tmpdir(), 'berth-replace-file-'));
after(() => rmSync(dir, { recursive: true }));

for (const [name, replace] of [
  ['asynchronous', replaceFile],
  ['synchronous', async (...args: Parameters<typeof replaceFileSync>) => replaceFileSync(...args)],
] as const) {
  test(`${name}: a file is made and replaced, with its mode`, async () => {
    const path = join(dir, name);
    await replace(path, 'one', { mode: 0o600 });
    assert.equal(statSync(path).mode & 0o777, 0o600);
    await replace(path, Buffer.from('two'), { mode: 0o644, temporary: join(dir, 'other') });
    assert.equal(statSync(path).mode & 0o777, 0o644);
    assert.equal(readFileSync(path, 'utf8'), 'two');
  });

  test(`${name}: after a failure nothing is left beside the path`, async () => {
    const path = join(dir, `${name}-directory`);
    mkdirSync(join(path, 'full'), { recursive: true });
    await assert.rejects(replace(path, 'one', { mode: 0o600 }), /EISDIR|ENOTEMPTY/);
    assert.deepEqual(
      readdirSync(dir).filter((each) => each.endsWith('.tmp')),
      [],
    );
  });
}
