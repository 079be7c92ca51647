// Clients that break the rules, go slowly, or ask for what is not there.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { createServer } from 'node:net';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { dialSpdy } from '../client/dial.ts';
import { encodeControlFrame, encodeDataHeader } from '../spdy/frames.ts';
import { HeaderCompressor } from '../spdy/header-block.ts';
import { StreamingServer } from './streaming-server.ts';
import { testRuntime } from './test-runtime.ts';

let server: StreamingServer;
before(async () => {
  server = await StreamingServer.start({
    runtime: testRuntime(),
    creationTimeoutMs: 300,
    idleTimeoutMs: 1500,
    maxTokens: 50,
  });
});
after(() => server.close());

const ask = { containerId: 'c', cmd: ['cat'], tty: false, stdin: true, stdout: true, stderr: false };
const protocolHeader = 'X-Stream-Protocol-Version';

/** The status and text of what the server answers when it does not upgrade. */
async function answer(url: string, headers: Record<string, string>): Promise<[number | undefined, string]> {
  const outgoing = request(url, { method: 'POST', headers, agent: false });
  outgoing.end();
  const [response] = await once(outgoing, 'response');
  return [response.statusCode, (await text(response)).trim()];
}

/** A connection after the upgrade to SPDY, for bytes of the test's own. */
async function rawSpdy(url: string, protocol = 'v4.channel.k8s.io'): Promise<Duplex> {
  const headers = { Connection: 'Upgrade', Upgrade: 'SPDY/3.1', [protocolHeader]: protocol };
  const outgoing = request(url, { method: 'POST', headers, agent: false });
  outgoing.end();
  const [, socket] = await once(outgoing, 'upgrade');
  socket.on('error', () => {});
  return socket;
}

const upgradeHeaders = { Connection: 'Upgrade', Upgrade: 'SPDY/3.1' };
for (const [what, headers, status, message] of [
  ['no protocol', upgradeHeaders, 400, /header X-Stream-Protocol-Version names no protocol/],
  [
    'an unknown protocol',
    { ...upgradeHeaders, [protocolHeader]: 'v9.channel.k8s.io' },
    403,
    /client supports \[v9/,
  ],
  [
    'no SPDY',
    { Connection: 'Upgrade', Upgrade: 'h2c', [protocolHeader]: 'v4.channel.k8s.io' },
    400,
    /missing upgrade headers/,
  ],
  ['no upgrade', {}, 400, /missing upgrade headers/],
] as const) {
  test(`refused: ${what}`, async () => {
    const [code, body] = await answer(server.execUrl(ask), headers);
    assert.equal(code, status);
    assert.match(body, message);
  });
}

test('tokens that are unknown or of another kind are not found', async () => {
  const url = server.execUrl(ask);
  assert.equal((await answer(url.replace('/exec/', '/attach/'), upgradeHeaders))[0], 404);
  assert.equal((await answer(url, upgradeHeaders))[0], 404);
  assert.equal((await answer(`${server.url}/exec/`, upgradeHeaders))[0], 404);
  assert.equal((await answer(`${server.url}/`, {}))[0], 404);
});

test('requests that make no sense are refused before there is a URL', () => {
  const refused = (change: Partial<typeof ask>) => () => server.execUrl({ ...ask, ...change });
  assert.throws(refused({ containerId: '' }), { criCode: 'INVALID_ARGUMENT' });
  assert.throws(refused({ tty: true, stderr: true }), { message: 'tty and stderr cannot both be true' });
  assert.throws(refused({ stdin: false, stdout: false }), {
    message: 'one of stdin, stdout, or stderr must be set',
  });
  assert.throws(() => server.portForwardUrl({ podSandboxId: '', ports: [] }), {
    criCode: 'INVALID_ARGUMENT',
  });
  assert.throws(() => server.portForwardUrl({ podSandboxId: 'p', ports: [0] }), {
    criCode: 'INVALID_ARGUMENT',
  });
});

test('a client that opens too few streams is closed after a while', async () => {
  const { connection } = await dialSpdy({ url: server.execUrl(ask) }, ['v4.channel.k8s.io']);
  await connection.open([['streamType', 'error']]);
  await once(connection.signal, 'abort', { signal: AbortSignal.timeout(5000) });
});

test('a silent client is closed', async () => {
  const socket = new WebSocket(server.execUrl(ask).replace('http', 'ws'), 'v4.channel.k8s.io');
  await once(socket, 'close', { signal: AbortSignal.timeout(5000) });
});

test('protocols without an exit code, and those in base64', async () => {
  for (const [protocol, expected] of [
    ['base64.channel.k8s.io', '3command terminated with non-zero exit code: exit status 4'],
    ['v4.base64.channel.k8s.io', '3{"status":"Failure",'],
  ] as const) {
    const url = server.execUrl({ ...ask, cmd: ['exit', '4'] }).replace('http', 'ws');
    const socket = new WebSocket(url, protocol);
    const messages: string[] = [];
    socket.on('message', (data) => messages.push(String(data)));
    const [code] = await once(socket, 'close');
    const [first, last = ''] = messages;
    assert.equal(code, 1000);
    assert.equal(first, '1');
    assert.ok((last[0] + Buffer.from(last.slice(1), 'base64').toString()).startsWith(expected), last);
  }
});

test('port-forward over the channels of a WebSocket', async () => {
  const target = createServer((socket) => socket.end('hello')).listen(0, '127.0.0.1');
  await once(target, 'listening');
  const bound = target.address();
  assert.ok(typeof bound === 'object' && bound !== null);
  const url = server.portForwardUrl({ podSandboxId: 'p', ports: [bound.port, 1] }).replace('http', 'ws');
  const socket = new WebSocket(url, 'v4.channel.k8s.io');
  const channels = ['', '', '', ''];
  socket.on('message', (data: Buffer) => {
    const channel = data[0] ?? 0;
    channels[channel] += data.subarray(1).toString('latin1');
  });
  await once(socket, 'open');
  while (!channels[0]?.endsWith('hello') || !channels[3]?.includes('ECONNREFUSED')) await delay(10);
  const port = Buffer.alloc(2);
  port.writeUInt16LE(bound.port);
  assert.equal(channels[0], `${port.toString('latin1')}hello`);
  assert.match(channels[3] ?? '', /^..error forwarding port 1 to pod p, uid : connect ECONNREFUSED/s);
  socket.close();
  target.close();
});

test('a flood of pings whose answers nobody reads ends the connection', { timeout: 60_000 }, async () => {
  const socket = await rawSpdy(server.execUrl(ask));
  const pings = Buffer.concat(Array(10_000).fill(encodeControlFrame({ type: 'PING', id: 1 })));
  // Told by an error or an end, as the kernels have it that day.
  const gone = new Promise((resolve) => socket.once('close', resolve).once('end', resolve));
  // As much as it takes: a connection that has failed lingers a while, and takes what comes.
  while (socket.writable) {
    if (!socket.write(pings)) await Promise.race([once(socket, 'drain').catch(() => {}), gone]);
  }
});

test('thousands of streams; more than allowed are refused, many refused end the connection', async () => {
  await using patient = await StreamingServer.start({ runtime: testRuntime() });
  const url = patient.portForwardUrl({ podSandboxId: 'p', ports: [] });
  const socket = await rawSpdy(url, 'portforward.k8s.io');
  let answers = 0;
  socket.on('data', (chunk: Buffer) => {
    answers += chunk.length;
  });
  const compressor = new HeaderCompressor();
  const flags = { associatedTo: 0, priority: 0, fin: false, unidirectional: false };
  const closed = once(socket, 'end', { signal: AbortSignal.timeout(60_000) });
  for (let index = 0; index < 9500 && socket.writable; index++) {
    const headers = [
      ['streamType', 'data'],
      ['port', '80'],
      ['requestID', String(index)],
    ] as const;
    const block = compressor.compress(headers);
    socket.write(encodeControlFrame({ type: 'SYN_STREAM', streamId: 2 * index + 1, ...flags, block }));
    if (index % 500 === 0) await delay(0);
  }
  await closed;
  assert.ok(answers > 8192 * 8, 'the streams that are allowed were accepted');
  socket.destroy();
});

test('a client without windows that sends what nobody reads is held up', async () => {
  const url = server.execUrl({ ...ask, cmd: ['wait'] });
  const socket = await rawSpdy(url);
  socket.resume();
  const compressor = new HeaderCompressor();
  const flags = { associatedTo: 0, priority: 0, fin: false, unidirectional: false };
  for (const [index, type] of ['error', 'stdin', 'stdout'].entries()) {
    const block = compressor.compress([['streamType', type]]);
    socket.write(encodeControlFrame({ type: 'SYN_STREAM', streamId: 2 * index + 1, ...flags, block }));
  }
  const chunk = Buffer.concat([encodeDataHeader(3, false, 65536), Buffer.alloc(65536)]);
  let sent = 0;
  while (sent < 64 * 1024 * 1024) {
    sent += chunk.length;
    if (socket.write(chunk)) continue;
    if ((await Promise.race([once(socket, 'drain'), delay(500, 'held up')])) === 'held up') break;
  }
  // What is between: the kernel's buffers of both ends and half a mebibyte of ours.
  assert.ok(sent < 32 * 1024 * 1024, `${sent} bytes were taken`);
  socket.destroy();
});
