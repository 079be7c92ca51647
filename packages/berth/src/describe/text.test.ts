import assert from 'node:assert/strict';
import { test } from 'node:test';
import { layOut, mapEntry, timeText } from './text.ts';

test('texts of one level are in one column, and the rest is below its label', () => {
  const lines = layOut([
    ['Name', 'a'],
    ['Namespace', 'default'],
    ['Empty', ''],
    [
      'Containers',
      {
        entries: [
          [
            'app',
            {
              entries: [
                ['Image', 'x'],
                ['Command', { lines: ['sh', ''] }],
              ],
            },
          ],
        ],
      },
    ],
  ]);
  assert.deepEqual(lines, [
    'Name:       a',
    'Namespace:  default',
    'Empty:',
    'Containers:',
    '  app:',
    '    Image:  x',
    '    Command:',
    '      sh',
    '',
  ]);
});

test('maps are sorted, and times are as kubectl has them', () => {
  assert.deepEqual(mapEntry('Labels', { b: '2', a: '1' }), ['Labels', { lines: ['a: 1', 'b: 2'] }]);
  assert.deepEqual(mapEntry('Labels', undefined), ['Labels', '<none>']);
  assert.equal(timeText('2026-11-30T04:05:06Z'), 'Mon, 30 Nov 2026 04:05:06 +0000');
  assert.equal(timeText(undefined), '<unknown>');
});
