import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { readProbeRecord, writeProbeRecord } from './probe-record.ts';

const rootDir = mkdtempSync(join(tmpdir(), 'probe-record-'));
after(() => rmSync(rootDir, { recursive: true }));
const folder = (uid: string) => {
  const path = join(rootDir, 'pods', uid);
  mkdirSync(path, { recursive: true });
  return path;
};

test('what was recorded is read', () => {
  const record = new Map([
    ['c1', { startup: 'success', readiness: 'failure' } as const],
    ['c2', { readiness: 'success' } as const],
  ]);
  const path = folder('a');
  writeProbeRecord({ rootDir }, 'a', record);
  assert.deepEqual(readProbeRecord({ rootDir }, 'a'), record);
  assert.deepEqual(readdirSync(path), ['probe-results.json']);
});

test('a pod without a folder has no record and gets none', () => {
  writeProbeRecord({ rootDir }, 'gone', new Map([['c', { readiness: 'success' }]]));
  assert.equal(readProbeRecord({ rootDir }, 'gone').size, 0);
});

const contents: [title: string, content: string][] = [
  ['torn', '{"c":{"readiness":"succ'],
  ['empty', ''],
  ['a list', '[1]'],
  ['of other values', '{"c":{"readiness":"yes","startup":7},"d":null}'],
];
for (const [title, content] of contents) {
  test(`a record that is ${title} tells nothing`, () => {
    writeFileSync(join(folder('b'), 'probe-results.json'), content);
    const record = readProbeRecord({ rootDir }, 'b');
    assert.deepEqual(
      [...record.values()].flatMap((entry) => Object.keys(entry)),
      [],
    );
  });
}

test('a record that is no file tells nothing', () => {
  symlinkSync('/dev/zero', join(folder('c'), 'probe-results.json'));
  assert.equal(readProbeRecord({ rootDir }, 'c').size, 0);
});
