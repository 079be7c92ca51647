import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, get, type RequestListener } from 'node:http';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { guard, type ServerLimits } from './guard.ts';
import { listen } from './listen.ts';

async function serve(listener: RequestListener, limits: ServerLimits) {
  const server = createServer(listener);
  guard(server, limits);
  await listen(server, { port: 0, host: '127.0.0.1' });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    port,
    client: (): Socket => connect(port, '127.0.0.1').on('error', () => {}),
    ask: async (): Promise<string> => {
      const [response] = await once(get({ port, host: '127.0.0.1' }), 'response');
      return await text(response);
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const hello: RequestListener = (_request, response) => {
  response.end('hello');
};
const closed = (socket: Socket) =>
  socket.destroyed || once(socket.resume(), 'close', { signal: AbortSignal.timeout(5000) });

test('silent connections give way to clients that ask', async () => {
  await using server = await serve(hello, { maxConnections: 10 });
  const silent = Array.from({ length: 30 }, () => server.client());
  await Promise.all(silent.slice(0, 19).map(closed));
  for (let round = 0; round < 5; round++) assert.equal(await server.ask(), 'hello');
  for (const socket of silent) socket.destroy();
});

test('a client that sends its headers octet by octet is cut off', async () => {
  await using server = await serve(hello, { headersTimeoutMs: 200 });
  const socket = server.client();
  const drip = setInterval(() => socket.write('GET / HTTP/1.1\r\nx: '.charAt(0)), 20);
  await closed(socket);
  clearInterval(drip);
});

test('a client that does not read its answer is cut off', async () => {
  const large = Buffer.alloc(64 * 1024 * 1024);
  const answered = Promise.withResolvers<void>();
  await using server = await serve(
    (_request, response) => {
      response.on('close', answered.resolve).end(large);
    },
    { idleTimeoutMs: 200 },
  );
  const socket = server.client().pause();
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  await answered.promise;
  socket.destroy();
});

test('of many requests on one connection one is served', async () => {
  let served = 0;
  await using server = await serve((request, response) => {
    served++;
    hello(request, response);
  }, {});
  const socket = server.client();
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(3000));
  const answer = await text(socket);
  assert.equal(served, 1);
  assert.match(answer, /^HTTP\/1\.1 200 OK\r\n[\s\S]*Connection: close[\s\S]*hello/);
});

test('an upgrade that nobody serves is an ordinary request', async () => {
  await using server = await serve(hello, {});
  const socket = server.client();
  socket.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n');
  assert.match(await text(socket), /^HTTP\/1\.1 200 OK/);
});

test('CONNECT and headers without an end close their connection alone', async () => {
  await using server = await serve(hello, {});
  for (const request of [
    'CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n',
    `GET / HTTP/1.1\r\n${'x: y\r\n'.repeat(9000)}`,
  ]) {
    const socket = server.client();
    socket.write(request);
    await closed(socket);
  }
  assert.equal(await server.ask(), 'hello');
});
