import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OperationGate } from './operation-gate.ts';

test('the clean-up runs after the last operation, and new ones wait for it', async () => {
  const log: string[] = [];
  const cleaned = Promise.withResolvers<void>();
  const gate = new OperationGate(async () => {
    log.push('clean');
    await cleaned.promise;
    log.push('cleaned');
  });
  const first = Promise.withResolvers<void>();
  const running = gate.run(async () => {
    await first.promise;
    log.push('first');
  });
  await gate.run(async () => {
    log.push('second');
  });
  assert.deepEqual(log, ['second']);
  first.resolve();
  await new Promise(setImmediate);
  assert.deepEqual(log, ['second', 'first', 'clean']);
  const late = gate.run(async () => {
    log.push('late');
  });
  await new Promise(setImmediate);
  assert.equal(log.includes('late'), false);
  cleaned.resolve();
  await Promise.all([running, late]);
  assert.deepEqual(log, ['second', 'first', 'clean', 'cleaned', 'late', 'clean', 'cleaned']);
});

test('a failed operation fails alone', async () => {
  let cleanUps = 0;
  const gate = new OperationGate(async () => {
    cleanUps += 1;
  });
  await assert.rejects(
    gate.run(async () => {
      throw new Error('no');
    }),
    /no/,
  );
  assert.equal(await gate.run(async () => 1), 1);
  assert.equal(cleanUps, 2);
});
