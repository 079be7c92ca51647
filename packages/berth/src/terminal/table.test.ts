import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatTable } from './table.ts';

const rows = [
  ['POD', 'STATUS', 'IP'],
  ['default/a-long-name-of-a-pod', 'Running', '10.88.0.2'],
  ['x', 'Pending', '-'],
];

for (const [what, width, expected] of [
  [
    'all of it',
    undefined,
    `POD                           STATUS   IP
default/a-long-name-of-a-pod  Running  10.88.0.2
x                             Pending  -`,
  ],
  [
    'the first column gives way',
    40,
    `POD                   STATUS   IP
default/a-long-name…  Running  10.88.0.2
x                     Pending  -`,
  ],
  [
    'not even that is enough',
    24,
    `POD           STATUS…
default/a-l…  Running…
x             Pending  -`,
  ],
] as const) {
  test(`a table: ${what}`, () => assert.equal(formatTable(rows, width), expected));
}
