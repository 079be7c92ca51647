import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CriError } from '@berth/cri/errors/cri-error.ts';
import { describeError } from './describe.ts';
import { allSettled, within } from './within.ts';

test('errors tell what was being done', async () => {
  const failed = new CriError('FAILED_PRECONDITION', 'busy');
  assert.equal(describeError(failed), 'rpc error: code = FailedPrecondition desc = busy');
  await assert.rejects(
    within('a', () => within('b', () => Promise.reject(failed))),
    { message: 'a: b: rpc error: code = FailedPrecondition desc = busy' },
  );
  const fail = (text: string) => async () => {
    throw new Error(text);
  };
  await assert.rejects(allSettled([fail('x'), async () => {}, fail('y')]), { message: 'x\ny' });
  await assert.rejects(allSettled([fail('x')]), { message: 'x' });
});
