import assert from 'node:assert/strict';
import { test } from 'node:test';
import { passedAnnotations } from './annotations.ts';

const annotations = { 'dev.gvisor.a': '1', 'dev.gvisor.b': '2', 'run.oci.systemd': '3', other: '4' };

const cases: [patterns: string[], passed: string[]][] = [
  [[], []],
  [['other'], ['other']],
  [['oth'], []],
  [['dev.gvisor.*'], ['dev.gvisor.a', 'dev.gvisor.b']],
  [['*'], Object.keys(annotations)],
];

for (const [patterns, passed] of cases) {
  test(`of all annotations [${patterns}] pass [${passed}]`, () => {
    assert.deepEqual(Object.keys(passedAnnotations(patterns, annotations)), passed);
  });
}
