import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { listen } from './listen.ts';
import { answer, routes } from './routes.ts';

const server = createServer(
  routes({
    '/ok': (_request, response) => answer(response, 200, 'ok'),
    '/throws': () => {
      throw new Error('thrown');
    },
    '/rejects': () => Promise.reject(new Error('rejected')),
    '/late': async (_request, response) => {
      response.write('begun');
      await new Promise(setImmediate);
      throw new Error('too late to tell');
    },
  }),
);
let port = 0;
before(async () => {
  await listen(server, { port: 0, host: '127.0.0.1' });
  const address = server.address();
  port = typeof address === 'object' && address !== null ? address.port : 0;
});
after(() => server.close());

async function ask(target: string): Promise<string> {
  const socket = connect(port, '127.0.0.1').on('error', () => {});
  await once(socket, 'connect');
  socket.write(`GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
  return await text(socket).catch(() => 'reset');
}

const rows: readonly [target: string, answer: RegExp][] = [
  ['/ok', /^HTTP\/1\.1 200 OK[\s\S]*\r\n\r\nok$/],
  ['/ok?x', / 200 /],
  ['http://elsewhere/ok', / 200 /],
  ['//', / 404 /],
  ['///', / 404 /],
  ['//a:b:c', / 404 /],
  ['http://[', / 404 /],
  ['*', / 404 /],
  ['/__proto__', / 404 /],
  ['/toString', / 404 /],
  ['/throws', / 500 [\s\S]*\r\n\r\nthrown\n$/],
  ['/rejects', / 500 [\s\S]*\r\n\r\nrejected\n$/],
];

for (const [target, expected] of rows) {
  test(`GET ${target}`, async () => assert.match(await ask(target), expected));
}

test('a route that fails after its first byte cuts the connection', async () => {
  assert.doesNotMatch(await ask('/late'), /\r\n0\r\n\r\n$/);
});
