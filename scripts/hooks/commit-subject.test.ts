import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { subjectProblem } from './commit-subject.mjs';

for (const subject of [
  'cni: cache results',
  'cni, kubelet: call what is there already',
  'test:crictl: compare aliases',
  'runtime: embed the schema',
  'README: say what a node is',
  'Merge branch main',
  `linux: ${'x'.repeat(65)}`,
]) {
  test(`"${subject}" is a subject`, () => assert.equal(subjectProblem(`${subject}\n\nWhy.\n`), undefined));
}

for (const [message, problem] of [
  [`linux: ${'x'.repeat(66)}`, /73 characters/],
  ['cache results', /an area and a colon/],
  ['Tests: take longer', /an area and a colon/],
  ['cni: Cache results', /capital/],
  ['cni: cached results', /imperative/],
  ['cni: caching results', /imperative/],
  ['cni: cache results.', /full stop/],
  ['cni: cache results\nand more', /empty line/],
  ['', /an area/],
] as const) {
  test(`${JSON.stringify(message)} is refused`, () => assert.match(subjectProblem(message) ?? '', problem));
}

test('the hook refuses by its exit code, and reads past git\u2019s comments', () => {
  const dir = mkdtempSync('/tmp/commit-msg-');
  after(() => rmSync(dir, { recursive: true }));
  const file = join(dir, 'COMMIT_EDITMSG');
  const run = (text: string) => {
    writeFileSync(file, text);
    return spawnSync(join(import.meta.dirname, 'commit-msg'), [file], { encoding: 'utf8' });
  };
  assert.equal(run('# Please enter\ncni: cache results\n').status, 0);
  const refused = run('Cache results\n');
  assert.equal(refused.status, 1);
  assert.match(refused.stderr, /Cache results/);
});
