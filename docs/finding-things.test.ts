// The answers of docs/finding-things.md are files that exist.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '..');
const lines = readFileSync(join(root, 'docs/finding-things.md'), 'utf8').split('\n');
const rows = lines.flatMap((line) => {
  const [, question, answers] = /^\| (.*\?) +\| (.*) \|$/.exec(line) ?? [];
  return question !== undefined && answers !== undefined ? [{ question, answers }] : [];
});

test('there are thirty questions', () => {
  assert.equal(rows.length, 30);
});

for (const { question, answers } of rows) {
  test(`where ${question}`, () => {
    const files = [...answers.matchAll(/`([^`]+)`/g)].map(([, file]) => file ?? '');
    assert.notEqual(files.length, 0);
    assert.deepEqual(
      files.filter((file) => !existsSync(join(root, file))),
      [],
    );
  });
}
