import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cases } from './cases/all.ts';
import { covers } from './difference.ts';
import { differences } from './differences.ts';
import { caseName } from './manifest-case.ts';
import { requestName, requests } from './requests.ts';

test('an entry is about the cases and fields that its patterns match', () => {
  const entry = { cases: ['probes: *'], paths: ['*.resources', 'uid'], reason: '' };
  const is = (name: string, path: string) => covers(entry, { name, path, real: 1, ours: 2 });
  assert.ok(is('probes: a', 'pod.status.resources'));
  assert.ok(is('probes: a', 'uid'));
  assert.ok(!is('env: a', 'uid'));
  assert.ok(!is('probes: a', 'pod.status.resources.x'));
});

test('each entry is about something that is compared, and says why', () => {
  const names = [...cases.map(caseName), ...requests.map(requestName), 'node: facts'];
  for (const { cases: patterns, reason } of differences) {
    assert.match(reason, /^\w.+\.$/s);
    for (const pattern of patterns) {
      const entry = { cases: [pattern], paths: ['*'], reason };
      assert.ok(
        names.some((name) => covers(entry, { name, path: '', real: 1, ours: 2 })),
        `${pattern} matches no case`,
      );
    }
  }
});

test('cases and requests have names of their own', () => {
  for (const names of [cases.map(caseName), requests.map(requestName), cases.map(({ pod }) => pod)])
    assert.equal(new Set(names).size, names.length);
});
