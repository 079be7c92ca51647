import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiError } from '../api-client.ts';
import { isServerHealthy } from './server-health.ts';

test('which refusals come from a server that works', () => {
  const error = (code: number, reason: string, cause?: string): ApiError =>
    new ApiError({ reason, ...(cause !== undefined && { details: { causes: [{ reason: cause }] } }) }, code);
  const rows: [error: unknown, isHealthy: boolean][] = [
    [error(401, 'Unauthorized'), true],
    [error(401, 'Unauthorized', 'UnexpectedServerResponse'), true],
    [error(403, 'Forbidden'), true],
    [error(404, 'NotFound'), true],
    [error(403, 'Forbidden', 'UnexpectedServerResponse'), false],
    [error(404, 'NotFound', 'UnexpectedServerResponse'), false],
    [error(500, 'InternalError'), false],
    [error(429, 'TooManyRequests'), false],
    [new Error('connect ECONNREFUSED'), false],
  ];
  for (const [given, isHealthy] of rows) assert.equal(isServerHealthy(given), isHealthy, String(given));
});
