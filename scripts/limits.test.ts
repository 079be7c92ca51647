// README.md and LIMITS.md say what Berth does not do yet; they shrink by themselves.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { limits, withSection } from './limits.ts';

const root = dirname(import.meta.dirname);

test('README.md says what is not done yet, as the tables of the kubelet have it: npm run limits', () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  assert.equal(readme, withSection(readme));
  const firstScreen = readme.split('## The four commands')[0]?.replaceAll(/\s+/g, ' ');
  for (const topic of ['topology managers', 'feature gates']) {
    assert.ok(firstScreen?.includes(topic), `${topic} is not on the first screen`);
  }
});

test('LIMITS.md lists every field, flag and setting without effect: npm run limits', () => {
  assert.equal(readFileSync(join(root, 'LIMITS.md'), 'utf8'), limits());
});
