import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NotSupportedError, readDriverStatus } from './driver-status.ts';

test('a driver has all capabilities unless it tells', () => {
  const usual = { attach: true, selinuxRelabel: true, fsGroup: true };
  assert.deepEqual(readDriverStatus('init', '{"status": "Success"}'), usual);
  const told = '{"Status":"Success","capabilities":{"attach":false,"FSGroup":false,"selinuxRelabel":"no"}}';
  assert.deepEqual(readDriverStatus('init', told), {
    ...usual,
    attach: false,
    fsGroup: false,
  });
});

test('what a driver refuses is an error with its reason', () => {
  assert.throws(() => readDriverStatus('mount', '{"status":"Not supported"}'), NotSupportedError);
  const cases: [output: string, message: string][] = [
    ['{"status":"Failure","message":"no disk"}', 'mount command failed, status: Failure, reason: no disk'],
    ['{}', 'mount command failed, status: , reason: '],
    ['{"status":1,"message":[]}', 'mount command failed, status: , reason: '],
    ['', 'the driver answered mount with something else than an object in JSON'],
    ['secret', 'the driver answered mount with something else than an object in JSON'],
    ['["Success"]', 'the driver answered mount with something else than an object in JSON'],
  ];
  for (const [output, message] of cases) {
    assert.throws(() => readDriverStatus('mount', output), { message });
  }
});
