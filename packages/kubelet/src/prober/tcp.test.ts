import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { probeTcp } from './tcp.ts';

test('a port that accepts connections is a success, another one a failure', async () => {
  const server = createServer((socket) => socket.on('error', () => {}).resume());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  const target = { host: '127.0.0.1', port: address.port };
  assert.deepEqual(await probeTcp(target, 5000), { result: 'success', output: '' });
  await new Promise((resolve) => server.close(resolve));
  const outcome = await probeTcp(target, 5000);
  assert.equal(outcome.result, 'failure');
  assert.match(outcome.output, /^dial tcp 127\.0\.0\.1:\d+: connect: connection refused$/);
});

test('an address that does not answer is given up, and so is a probe that is stopped', async () => {
  // TEST-NET-1: no host has this address. A machine without a route says so at once.
  const target = { host: '192.0.2.254', port: 80 };
  assert.equal((await probeTcp(target, 50)).result, 'failure');
  assert.equal((await probeTcp(target, 60_000, AbortSignal.timeout(20))).result, 'failure');
});
