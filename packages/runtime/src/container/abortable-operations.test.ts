import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Makings } from './abortable-operations.ts';

const hanging = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

test('what is made of an id is given up by it, with the reason, and of no other id', async () => {
  const makings = new Makings();
  const one = makings.run(['container', 'pod'], undefined, hanging);
  const other = makings.run(['other'], undefined, hanging);
  makings.abort('nobody', new Error('no'));
  makings.abort('pod', new Error('stopped'));
  await assert.rejects(one, /^Error: stopped$/);
  let otherEnded = false;
  void makings.ended('other').then(() => {
    otherEnded = true;
  });
  await makings.ended('container');
  assert.equal(otherEnded, false);
  makings.abort('other', new Error('too'));
  await assert.rejects(other, /too/);
  await makings.ended('other');
});

test("the caller's signal counts as well, and what has ended is not aborted", async () => {
  const makings = new Makings();
  const caller = new AbortController();
  const making = makings.run(['pod'], caller.signal, hanging);
  caller.abort(new Error('client went away'));
  await assert.rejects(making, /client went away/);
  let last: AbortSignal | undefined;
  assert.equal(
    await makings.run(['pod'], undefined, async (signal) => {
      last = signal;
      return 5;
    }),
    5,
  );
  makings.abort('pod', new Error('stopped'));
  assert.equal(last?.aborted, false);
});
