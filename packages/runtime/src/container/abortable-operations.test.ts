import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AbortableOperations } from './abortable-operations.ts';

const hanging = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

test('what is made of an id is given up by it, with the reason, and of no other id', async () => {
  const operations = new AbortableOperations();
  const one = operations.run(['container', 'pod'], undefined, hanging);
  const other = operations.run(['other'], undefined, hanging);
  operations.abort('nobody', new Error('no'));
  operations.abort('pod', new Error('stopped'));
  await assert.rejects(one, /^Error: stopped$/);
  let otherEnded = false;
  void operations.ended('other').then(() => {
    otherEnded = true;
  });
  await operations.ended('container');
  assert.equal(otherEnded, false);
  operations.abort('other', new Error('too'));
  await assert.rejects(other, /too/);
  await operations.ended('other');
});

test("the caller's signal counts as well, and what has ended is not aborted", async () => {
  const operations = new AbortableOperations();
  const caller = new AbortController();
  const making = operations.run(['pod'], caller.signal, hanging);
  caller.abort(new Error('client went away'));
  await assert.rejects(making, /client went away/);
  let last: AbortSignal | undefined;
  assert.equal(
    await operations.run(['pod'], undefined, async (signal) => {
      last = signal;
      return 5;
    }),
    5,
  );
  operations.abort('pod', new Error('stopped'));
  assert.equal(last?.aborted, false);
});
