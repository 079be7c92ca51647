import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type OrphanFate, orphanFate } from './orphan-fate.ts';

const cases: [isOurs: boolean, sourcesRead: boolean, adopts: boolean, fate: OrphanFate][] = [
  [true, true, false, 'end'],
  [true, false, false, 'wait'],
  [false, true, false, 'leave'],
  [false, false, false, 'leave'],
  [false, false, true, 'end'],
  [false, true, true, 'end'],
  [true, false, true, 'end'],
  [true, true, true, 'end'],
];
for (const [isOurs, sourcesRead, adopts, fate] of cases) {
  test(`ours: ${isOurs}, sources read: ${sourcesRead}, --adopt: ${adopts}: ${fate}`, () => {
    assert.equal(orphanFate({ isOurs, sourcesRead, adopts }), fate);
  });
}
