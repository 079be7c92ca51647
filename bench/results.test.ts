import assert from 'node:assert/strict';
import { test } from 'node:test';
import { markdownTable, missedGoals, type SuiteResult, withSection } from './results.ts';

const result: SuiteResult = {
  suite: 'pods',
  about: 'Pods.',
  names: ['berth', 'containerd'],
  figures: [
    new Map([
      ['pod up', 50],
      ['memory', 0.4],
    ]),
    new Map([
      ['pod up', 110],
      ['memory', 4],
    ]),
  ],
  unit: (what) => (what === 'memory' ? 'MiB' : 'ms'),
  ratioGoals: { 'pod up': 0.5 },
  limits: { memory: 0.45 },
};

test('goals that are reached are none that is missed', () => {
  assert.deepEqual(missedGoals(result), []);
});

test('a ratio and a limit that are not reached, and one that was not measured', () => {
  const tight = { ...result, ratioGoals: { 'pod up': 0.4, 'pod down': 0.4 }, limits: { memory: 0.3 } };
  assert.deepEqual(missedGoals(tight), [
    'pod up: 0.45 × containerd, at most 0.4',
    'pod down: NaN × containerd, at most 0.4',
    'memory: 0.40 MiB, at most 0.3',
  ]);
});

test('a table has a row for each figure', () => {
  assert.deepEqual(markdownTable(result).split('\n'), [
    '|        |    berth | containerd |  ratio |       goal |',
    '| ------ | -------: | ---------: | -----: | ---------: |',
    '| pod up |  50.0 ms |   110.0 ms | 0.45 × |    ≤ 0.5 × |',
    '| memory | 0.40 MiB |   4.00 MiB | 0.10 × | ≤ 0.45 MiB |',
  ]);
});

test('a section replaces the one of its name, and only that', () => {
  const text = '# Results\n\n## a\n\nold\n\n## b\n\nstays\n';
  assert.equal(withSection(text, 'a', 'new'), '# Results\n\n## a\n\nnew\n\n## b\n\nstays\n');
  assert.equal(withSection(text, 'b', 'new'), '# Results\n\n## a\n\nold\n\n## b\n\nnew\n');
  assert.equal(withSection(text, 'c', 'new'), `${text}\n## c\n\nnew\n`);
});
