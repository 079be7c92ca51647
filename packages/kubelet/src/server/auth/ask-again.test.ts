import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConnectionError } from '@berth/http/connection-error.ts';
import { ApiError } from '../../apiserver/api-client.ts';
import { askAgain, isTransient } from './ask-again.ts';

test('which errors are worth another attempt', () => {
  const cases: [error: unknown, isWorthIt: boolean][] = [
    [new ConnectionError('ECONNRESET', ''), true],
    [new ConnectionError('ECONNREFUSED', ''), false],
    [new ApiError({ reason: 'InternalError' }, 500), true],
    [new ApiError({ reason: 'Timeout' }, 504), true],
    [new ApiError({ reason: 'TooManyRequests' }, 429), true],
    [new ApiError({ reason: 'ServiceUnavailable' }, 503), false],
    [new ApiError({ reason: 'ServiceUnavailable' }, 503, 1000), true],
    [new ApiError({ reason: 'Forbidden' }, 403), false],
    [new Error('x'), false],
  ];
  for (const [error, isWorthIt] of cases) assert.equal(isTransient(error), isWorthIt, String(error));
});

test('five attempts with growing pauses', async () => {
  const pauses: number[] = [];
  let attempts = 0;
  const ask = async (): Promise<never> => {
    attempts += 1;
    throw new ConnectionError('ECONNRESET', `attempt ${attempts}`);
  };
  await assert.rejects(
    askAgain(ask, async (ms) => pauses.push(ms)),
    { message: 'attempt 5' },
  );
  const bounds = [500, 750, 1125, 1687.5];
  assert.equal(pauses.length, 4);
  for (const [index, pause] of pauses.entries()) {
    const least = bounds[index] ?? 0;
    assert.ok(pause >= least && pause <= least * 1.2, String(pause));
  }
});
