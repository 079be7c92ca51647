import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FieldDifference } from './comparison.ts';
import type { Difference } from './difference.ts';
import { fieldOf, report } from './report.ts';

const differing: FieldDifference[] = [
  { name: 'env: a', path: 'settled.containers.main.env[2]', real: 1, ours: 2 },
  { name: 'env: b', path: 'settled.containers.other.env[0]', real: 1, ours: 2 },
  { name: 'dns: c', path: 'settled.pod.status.hostIP', real: undefined, ours: '192.0.2.2' },
];
const listed: Difference = { cases: ['*'], paths: ['*.hostIP'], reason: 'It is known.' };
const names = ['env: a', 'env: b', 'dns: c', 'dns: d'];

test('differences of a field are told together, and listed ones are not', () => {
  const {
    lines,
    failures,
    differing: late,
  } = report(names, differing, [listed], { whole: true, show: false });
  assert.equal(failures, 2);
  assert.deepEqual([...late], ['env: a', 'env: b']);
  assert.deepEqual(lines, [
    '  env: 0 of 2 alike, 2 fields differ beyond 0 listed',
    '  dns: 2 of 2 alike, 0 fields differ beyond 1 listed',
    'DIFFERENT: containers.*.env[*] (2 cases)',
    '    real: 1',
    '    ours: 2',
    '      in env: a; env: b',
  ]);
});

test('an entry that nothing differs by is a failure when all cases ran', () => {
  const unused: Difference = { cases: ['*'], paths: ['none'], reason: 'It was so.' };
  const options = { whole: true, show: false };
  assert.equal(report(names, [], [unused], options).failures, 1);
  assert.match(report(names, [], [unused], options).lines.at(-1) ?? '', /DIFFERS NO MORE: It was so\.$/);
  assert.equal(report(names, [], [unused], { ...options, whole: false }).failures, 0);
  assert.equal(report(names, [], [{ ...unused, isTimed: true }], options).failures, 0);
});

test('a field has no places, moments or names of containers', () => {
  assert.equal(fieldOf('restarted.status.conditions[3].reason'), 'restarted.status.conditions[*].reason');
  assert.equal(fieldOf('edited.containers.a.log'), 'containers.*.log');
});
