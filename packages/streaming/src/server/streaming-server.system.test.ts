// Both ends against each other over real sockets, on every transport.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { duplexPair, Readable, Writable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { until } from '@berth/test-support/until.ts';
import { PortForwardClient } from '../client/port-forward.ts';
import { type RemoteCommandOptions, remoteCommand } from '../client/remote-command.ts';
import { testRuntime } from '../testing/test-runtime.ts';
import { StreamingServer } from './streaming-server.ts';

const runtime = testRuntime();
const logged: string[] = [];
let server: StreamingServer;
before(async () => {
  server = await StreamingServer.start({ runtime, log: (line) => logged.push(line) });
});
after(() => server.close());

const all = { containerId: 'c1', tty: false, stdin: false, stdout: true, stderr: false };

function collector(): { stream: Writable; text: () => string } {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write(chunk, _, callback) {
      chunks.push(chunk);
      callback();
    },
  });
  return { stream, text: () => Buffer.concat(chunks).toString() };
}

async function run(
  transport: 'spdy' | 'websocket',
  cmd: string[],
  options: Partial<RemoteCommandOptions> = {},
): Promise<{ exitCode: number; out: string; err: string }> {
  const [out, err] = [collector(), collector()];
  const tty = options.tty ?? false;
  const stdin = options.stdin !== undefined;
  const url = server.execUrl({ ...all, cmd, tty, stdin, stderr: !tty });
  const { exitCode } = await remoteCommand({
    url,
    transport,
    tty,
    stdout: out.stream,
    ...(!tty && { stderr: err.stream }),
    ...options,
  });
  return { exitCode, out: out.text(), err: err.text() };
}

for (const transport of ['spdy', 'websocket'] as const) {
  test(`${transport}: output and error output`, async () => {
    assert.deepEqual(await run(transport, ['both']), { exitCode: 0, out: 'out', err: 'err' });
  });

  test(`${transport}: input until its end`, async () => {
    const { out } = await run(transport, ['cat'], {
      stdin: Readable.from([Buffer.from('a'), Buffer.from('b')]),
    });
    assert.equal(out, 'ab');
  });

  test(`${transport}: megabytes of input`, async () => {
    const stdin = Readable.from([Buffer.alloc(5_000_000), Buffer.alloc(1)]);
    assert.equal((await run(transport, ['count'], { stdin })).out, '5000001');
  });

  test(`${transport}: megabytes of output`, async () => {
    assert.equal((await run(transport, ['zeros', '8000000'])).out.length, 123 * 64 * 1024);
  });

  test(`${transport}: exit codes and errors`, async () => {
    assert.equal((await run(transport, ['exit', '3'])).exitCode, 3);
    assert.equal((await run(transport, ['exit', '255'])).exitCode, 255);
    await assert.rejects(run(transport, ['nope']), {
      message: 'Internal error occurred: error executing command in container: no such command: nope',
    });
  });

  test(`${transport}: a terminal's sizes`, async () => {
    const seen = runtime.sizes.length;
    async function* sizes() {
      yield { width: 80, height: 24 };
      await until('the first size is there', () => runtime.sizes.length > seen);
      yield { width: 1, height: 2 };
    }
    const { out } = await run(transport, ['sizes'], { tty: true, resize: sizes() });
    assert.equal(out, '80x24;1x2;');
  });

  test(`${transport}: attach`, async () => {
    const url = server.attachUrl({ ...all, stdin: true });
    const out = collector();
    const stdin = Readable.from([Buffer.from('hello')]);
    await remoteCommand({ url, transport, tty: false, stdin, stdout: out.stream });
    assert.equal(out.text(), 'hello');
  });

  test(`${transport}: the runtime hears of a client that goes`, async () => {
    const { waiting, gone } = runtime;
    const abort = new AbortController();
    const ended = assert.rejects(run(transport, ['wait'], { signal: abort.signal }), { message: 'enough' });
    await until('the command waits', () => runtime.waiting > waiting);
    abort.abort(new Error('enough'));
    await ended;
    await until('the runtime hears', () => runtime.gone > gone);
    assert.equal(runtime.gone, gone + 1);
  });

  test(`${transport}: an abort while the server has not answered yet is told by its reason`, async () => {
    const abort = new AbortController();
    const silent = createServer(() => abort.abort(new Error('enough'))).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const address = silent.address();
    assert.ok(typeof address === 'object' && address !== null);
    const url = `http://127.0.0.1:${address.port}/exec/x`;
    const { stream: stdout } = collector();
    await assert.rejects(remoteCommand({ url, transport, tty: false, stdout, signal: abort.signal }), {
      message: 'enough',
    });
    silent.close();
  });

  test(`${transport}: many connections forwarded to one port`, async () => {
    const target = createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket));
    target.listen(0, '127.0.0.1');
    await once(target, 'listening');
    const address = target.address();
    assert.ok(typeof address === 'object' && address !== null);
    const url = server.portForwardUrl({ podSandboxId: 'p1', ports: [] });
    const client = await PortForwardClient.dial({ url, transport });
    try {
      const echoes = Array.from({ length: 200 }, async (_, index) => {
        const sent = Buffer.alloc(1000 + index, index);
        const [near, far] = duplexPair();
        far.end(sent);
        const [received] = await Promise.all([buffer(far), client.forward(near, address.port)]);
        assert.deepEqual(received, sent);
      });
      await Promise.all(echoes);
      const listener = await client.listen({ localPort: 0, remotePort: address.port });
      const { connect } = await import('node:net');
      const socket = connect(listener.port, '127.0.0.1');
      socket.end('over a listener');
      assert.equal(await text(socket), 'over a listener');
      await listener.close();
      target.close();
      await once(target, 'close');
      const [near, far] = duplexPair();
      far.resume();
      await assert.rejects(client.forward(near, address.port), /ECONNREFUSED/);
    } finally {
      client.close();
    }
  });
}

test('a URL is good once', async () => {
  const url = server.execUrl({ ...all, cmd: ['echo', 'x'] });
  const out = collector();
  await remoteCommand({ url, tty: false, stdout: out.stream });
  await assert.rejects(remoteCommand({ url, tty: false, stdout: out.stream }), { status: 404 });
});
