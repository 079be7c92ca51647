import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { listen } from './listen.ts';

test('connections that cannot be accepted, one after another, end nothing', async () => {
  const server = createServer();
  const told: string[] = [];
  await listen(server, { port: 0, host: '127.0.0.1' }, (error) => told.push(error.message));
  // What Node.js does when accept(2) fails with EMFILE.
  for (const attempt of ['first', 'second']) server.emit('error', new Error(attempt));
  assert.deepEqual(told, ['first', 'second']);
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  await assert.rejects(listen(createServer(), { port: address.port, host: '127.0.0.1' }), {
    code: 'EADDRINUSE',
  });
  server.close();
});
