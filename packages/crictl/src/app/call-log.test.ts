import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { logCalls } from './call-log.ts';

test('calls are told, credentials are not', async () => {
  const lines: string[] = [];
  const client = logCalls(
    {
      pull: async (request: { image: string; auth: { username: string; password: string } }) => ({
        size: 5n,
        of: request.image,
      }),
      fail: async () => {
        throw new Error('no');
      },
    },
    (line) => lines.push(line),
  );
  assert.equal((await client.pull({ image: 'i', auth: { username: 'u', password: 'p' } })).size, 5n);
  await assert.rejects(client.fail(), /no/);
  await turn();
  assert.deepEqual(lines, [
    'pull request: {"image":"i","auth":{"username":"u","password":"…"}}',
    'pull response: {"size":"5","of":"i"}',
    'fail request: undefined',
    'fail failed: Error: no',
  ]);
});
