import assert from 'node:assert/strict';
import { test } from 'node:test';
import { normalised } from './normalise.ts';

test('what differs from run to run gets a name, and keeps its form', () => {
  const table: [unknown, unknown][] = [
    ['2026-11-29T15:04:05Z', 'TIME'],
    ['2026-11-29T15:04:05.123456789Z', 'TIME.N'],
    ['1970-01-01T00:00:00Z', '1970-01-01T00:00:00Z'],
    ['..2026_11_29_15_04_05.123456', '..WRITTEN'],
    ['/pods/x/containers/main/0a1b2c3d', '/pods/x/containers/main/N'],
    ['http://10.200.0.7:8080/', 'http://POD_IP:8080/'],
    ['containerd://ID-a-0', 'RUNTIME://ID-a-0'],
    [`container "${'0a'.repeat(32)}" spec`, 'container "ID" spec'],
    [{ list: [1, null, true] }, { list: [1, null, true] }],
  ];
  for (const [value, expected] of table) assert.deepEqual(normalised(value), expected);
});

test('names of a pod are put in place of their texts, in keys too', () => {
  const names = [['0123abcd', 'UID']] as const;
  assert.deepEqual(normalised({ '/pods/0123abcd': ['x-0123abcd'] }, names), { '/pods/UID': ['x-UID'] });
});
