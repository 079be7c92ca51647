import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cases } from '../compare-kubelet/cases/all.ts';
import { covers } from '../compare-kubelet/difference.ts';
import { caseName } from '../compare-kubelet/manifest-case.ts';
import { differences } from './differences.ts';
import { clusterLives } from './lives.ts';
import { isForClusters } from './manifest-lives.ts';
import { factNames } from './node-facts.ts';
import { probesName } from './probe-events.ts';

test('each entry is about something that is compared, and says why', () => {
  const names = [
    ...cases.filter(isForClusters).map(caseName),
    ...clusterLives.map(({ name }) => name),
    ...factNames,
    probesName,
  ];
  for (const { cases: patterns, reason } of differences) {
    assert.match(reason, /^\w.+\.$/s);
    for (const pattern of patterns) {
      const entry = { cases: [pattern], paths: ['*'], reason };
      assert.ok(
        names.some((name) => covers(entry, { name, path: '', real: 1, ours: 2 })),
        `${pattern} matches nothing that is compared`,
      );
    }
  }
});

test('lives have names of their own', () => {
  const names = clusterLives.map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
});
