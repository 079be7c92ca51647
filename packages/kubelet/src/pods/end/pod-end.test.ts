import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deletedAt, endedStatus, killReason } from './pod-end.ts';

test('an end gives phase, reason and message, unless the containers tell', () => {
  assert.equal(endedStatus(undefined), undefined);
  assert.equal(endedStatus(deletedAt(new Date('2026-01-02T03:04:05.678Z'))), undefined);
  assert.equal(endedStatus({ by: 'deadline' })?.reason, 'DeadlineExceeded');
  assert.deepEqual(endedStatus({ by: 'rejected', reason: 'OutOfcpu', message: 'too much' }), {
    phase: 'Failed',
    reason: 'OutOfcpu',
    message: 'Pod was rejected: too much',
  });
});

test('the log tells why containers are killed', () => {
  assert.equal(killReason({ by: 'deadline' }), 'the pod was active longer than its deadline');
});

test('a deletion has a timestamp of the API, in whole seconds', () => {
  assert.deepEqual(deletedAt(new Date('2026-01-02T03:04:05.678Z')), {
    by: 'deleted',
    at: '2026-01-02T03:04:05Z',
  });
});
