import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger } from '../logging/log.ts';
import { withUndo } from './undo.ts';

test('success undoes nothing', async () => {
  const trace: string[] = [];
  const result = await withUndo(createLogger('error'), async (undo) => {
    undo('one', () => void trace.push('one'));
    return 5;
  });
  assert.equal(result, 5);
  assert.deepEqual(trace, []);
});

test('a failure undoes in reverse order, through undo steps that fail, and is thrown on', async () => {
  const trace: string[] = [];
  const lines: string[] = [];
  const failing = withUndo(
    createLogger('warning', (line) => lines.push(line)),
    async (undo) => {
      undo('one', () => void trace.push('one'));
      undo('two', () => {
        throw new Error('stuck');
      });
      undo('three', async () => void trace.push('three'));
      throw new Error('boom');
    },
  );
  await assert.rejects(failing, { message: 'boom' });
  assert.deepEqual(trace, ['three', 'one']);
  assert.match(lines.join(), /Undo failed: two: stuck/);
});
