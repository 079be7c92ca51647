import assert from 'node:assert/strict';
import { createServer, type Server, type Socket } from 'node:net';
import { after, test } from 'node:test';
import { probeHttp } from './http.ts';
import { httpGetRequest } from './http-request.ts';

const servers: Server[] = [];
const sockets = new Set<Socket>();
after(() => {
  for (const socket of sockets) socket.destroy();
  for (const server of servers) server.close();
});

/** The port of a server that answers each request, which it gets as text, with the bytes that `answer` writes. */
async function serve(answer: (socket: Socket, request: string) => void): Promise<number> {
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('data', (data) => answer(socket, data.toString()));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  return address.port;
}

const probe = (port: number, timeoutMs = 5000, path = '/') =>
  probeHttp(httpGetRequest({ port, path }, { ports: [] }, '127.0.0.1', 'probe'), timeoutMs);

const answers: [title: string, answer: string, result: string, output: string | RegExp][] = [
  ['a success', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi', 'success', 'hi'],
  ['an end without a length', 'HTTP/1.0 204 x\r\n\r\n', 'success', ''],
  ['lines without carriage returns', 'HTTP/1.1 200 OK\nContent-Length: 2\n\nok', 'success', 'ok'],
  ['a client error', 'HTTP/1.1 404 No\r\n\r\nbody', 'failure', 'HTTP probe failed with statuscode: 404'],
  ['a server error', 'HTTP/1.1 500 No\r\n\r\n', 'failure', 'HTTP probe failed with statuscode: 500'],
  [
    'another protocol',
    'HTTP/1.1 101 Go\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n',
    'failure',
    'HTTP probe failed with statuscode: 101',
  ],
  [
    'a redirect elsewhere',
    'HTTP/1.1 302 x\r\nLocation: http://elsewhere/\r\nContent-Length: 1\r\n\r\nb',
    'warning',
    'Probe terminated redirects, Response body: b',
  ],
  [
    'a redirect to nowhere',
    'HTTP/1.1 301 x\r\n\r\n',
    'warning',
    'Probe terminated redirects, Response body: ',
  ],
  ['no HTTP', 'SSH-2.0-x\r\n', 'failure', /^Get "http:\/\/127\.0\.0\.1:\d+\/": Parse Error/],
];
for (const [title, answer, result, output] of answers) {
  test(`${title}: ${result}`, async () => {
    const outcome = await probe(await serve((socket) => socket.end(answer)));
    assert.equal(outcome.result, result);
    if (typeof output === 'string') assert.equal(outcome.output, output);
    else assert.match(outcome.output, output);
  });
}

test('a redirect on the same host is followed, ten times at most', async () => {
  const port = await serve((socket, request) => {
    const step = Number(/^GET \/(\d+)/.exec(request)?.[1] ?? 0);
    socket.end(`HTTP/1.1 302 x\r\nLocation: /${step + 1}\r\n\r\n`);
  });
  assert.match((await probe(port)).output, /stopped after 10 redirects$/);
  const short = await serve((socket, request) =>
    socket.end(
      request.startsWith('GET /9 ')
        ? 'HTTP/1.1 200 OK\r\n\r\nthere'
        : `HTTP/1.1 307 x\r\nLocation: /${Number(request.slice(5, 6)) + 1}\r\n\r\n`,
    ),
  );
  assert.deepEqual(await probe(short, 5000, '/0'), { result: 'success', output: 'there' });
});

test('a server that never answers is given up', async () => {
  const port = await serve(() => {});
  const outcome = await probe(port, 50);
  assert.equal(outcome.result, 'failure');
  assert.match(outcome.output, /Client\.Timeout exceeded while awaiting headers/);
});

test('headers without an end are given up too', async () => {
  const port = await serve((socket) => {
    socket.write('HTTP/1.1 200 OK\r\n');
    const more = () => socket.writable && socket.write(`X: ${'x'.repeat(65_536)}\r\n`, more);
    more();
  });
  assert.equal((await probe(port)).result, 'failure');
});

test('of a body without an end as much is read as is kept', async () => {
  const port = await serve((socket) => {
    socket.write('HTTP/1.1 200 OK\r\n\r\n');
    const more = () => socket.writable && socket.write('x'.repeat(4096), more);
    more();
  });
  assert.deepEqual(await probe(port), { result: 'success', output: 'x'.repeat(10 * 1024) });
});

test('a body that breaks off, or never comes, tells nothing', async () => {
  const broken = await serve((socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx', () => socket.resetAndDestroy());
  });
  await assert.rejects(probe(broken));
  const slow = await serve((socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx');
  });
  await assert.rejects(probe(slow, 100), /while reading body/);
});

test('a port where nobody listens is a failure', async () => {
  const outcome = await probe(1);
  assert.deepEqual(
    [outcome.result, /: dial tcp \S+: connect: connection refused$/.test(outcome.output)],
    ['failure', true],
  );
});
