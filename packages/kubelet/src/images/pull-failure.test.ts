import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CriError } from '@berth/cri/errors/cri-error.ts';
import { pullFailure } from './pull-failure.ts';

const unknown = (message: string) => new CriError('UNKNOWN', message);

test('a pull that failed has a reason and a message', () => {
  const cases: [errors: unknown[], reason: string, message: string][] = [
    [[unknown('no such host')], 'ErrImagePull', 'no such host'],
    [[new CriError('NOT_FOUND', 'none')], 'ErrImagePull', 'rpc error: code = NotFound desc = none'],
    [[new Error('other')], 'ErrImagePull', 'other'],
    [[unknown('a'), unknown('a')], 'ErrImagePull', 'a'],
    [[unknown('a'), unknown('b')], 'ErrImagePull', '[a, b]'],
    [
      [unknown('RegistryUnavailable: 503')],
      'RegistryUnavailable',
      'image pull failed for x:1 because the registry is unavailable: 503',
    ],
    [
      [unknown('SignatureValidationFailed')],
      'SignatureValidationFailed',
      'image pull failed for x:1 because the signature validation failed',
    ],
  ];
  for (const [errors, reason, message] of cases)
    assert.deepEqual(pullFailure('x:1', errors), { reason, message });
});
