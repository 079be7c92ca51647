// Clients that break the rules, go slowly, or ask for what is not there.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { request as requestTls } from 'node:https';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { until } from '@berth/test-support/until.ts';
import { WebSocket } from 'ws';
import { dialSpdy } from '../client/dial.ts';
import { FrameDecoder } from '../spdy/frame-decoder.ts';
import { encodeControlFrame, encodeDataHeader } from '../spdy/frames.ts';
import { HeaderCompressor } from '../spdy/header-block.ts';
import { testRuntime } from '../testing/test-runtime.ts';
import { StreamingServer } from './streaming-server.ts';

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
  await until('both answered', () => channels[0]?.endsWith('hello') && channels[3]?.includes('ECONNREFUSED'));
  const port = Buffer.alloc(2);
  port.writeUInt16LE(bound.port);
  assert.equal(channels[0], `${port.toString('latin1')}hello`);
  assert.match(channels[3] ?? '', /^..error forwarding port 1 to pod p, uid : connect ECONNREFUSED/s);
  socket.close();
  target.close();
});

test('a flood of pings whose answers nobody reads ends the connection', { timeout: 600_000 }, async () => {
  const socket = await rawSpdy(server.execUrl(ask));
  const pings = Buffer.concat(Array(10_000).fill(encodeControlFrame({ type: 'PING', id: 1 })));
  // Told by an error or an end, as the kernels have it that day.
  const gone = new Promise((resolve) => socket.once('close', resolve).once('end', resolve));
  // As much as it takes: a connection that has failed lingers a while, and takes what comes.
  while (socket.writable) {
    if (!socket.write(pings)) await Promise.race([once(socket, 'drain').catch(() => {}), gone]);
  }
});

/** Opens streams of port-forward from the first id on, by SYN_STREAM frames. */
function streamOpener(socket: Duplex): (...headers: [string, string][]) => boolean {
  const compressor = new HeaderCompressor();
  let streamId = -1;
  return (...headers) => {
    streamId += 2;
    const flags = { associatedTo: 0, priority: 0, fin: false, unidirectional: false };
    const block = compressor.compress(headers);
    return socket.write(encodeControlFrame({ type: 'SYN_STREAM', streamId, ...flags, block }));
  };
}

test('half-open pairs: more than allowed are refused, and many refused end the connection', async () => {
  const told: string[] = [];
  await using patient = await StreamingServer.start({
    runtime: testRuntime(),
    log: (line) => told.push(line),
  });
  const url = patient.portForwardUrl({ podSandboxId: 'p', ports: [] });
  const socket = await rawSpdy(url, 'portforward.k8s.io');
  let answers = 0;
  socket.on('data', (chunk: Buffer) => {
    answers += chunk.length;
  });
  const open = streamOpener(socket);
  const closed = once(socket, 'end', { signal: AbortSignal.timeout(60_000) });
  for (let index = 0; index < 2200 && socket.writable; index++) {
    open(['streamType', 'data'], ['port', '80'], ['requestID', String(index)]);
    if (index % 500 === 0) await delay(0);
  }
  await closed;
  assert.ok(answers > 1024 * 8, 'the pairs that are allowed were accepted');
  assert.match(told.join('\n'), /1024 connections are forwarded at once, of which 1024 have one stream only/);
  socket.destroy();
});

test('half-open pairs whose partner does not come are let go of, their error streams too', async () => {
  const url = server.portForwardUrl({ podSandboxId: 'p', ports: [] });
  const socket = await rawSpdy(url, 'portforward.k8s.io');
  const decoder = new FrameDecoder();
  const answers: string[] = [];
  socket.on('data', (chunk: Buffer) => {
    for (const frame of decoder.push(chunk))
      answers.push(frame.type === 'DATA' ? `${frame.data}` : frame.type);
  });
  const open = streamOpener(socket);
  open(['streamType', 'error'], ['port', '80'], ['requestID', '1']);
  open(['streamType', 'data'], ['port', '80'], ['requestID', '2']);
  const wanted = ['timed out waiting for streams', 'RST_STREAM'];
  await until(
    'all has been answered',
    () => wanted.every((each) => answers.includes(each)),
    () => answers.join(' '),
  );
  socket.destroy();
});

test('streams that are opened and reset at once do not pile up', async () => {
  let connecting = 0;
  let most = 0;
  const runtime = testRuntime();
  await using patient = await StreamingServer.start({
    runtime: {
      ...runtime,
      portForward: async (_target, signal) => {
        most = Math.max(most, ++connecting);
        await once(signal, 'abort');
        connecting--;
        throw signal.reason;
      },
    },
  });
  const socket = await rawSpdy(
    patient.portForwardUrl({ podSandboxId: 'p', ports: [] }),
    'portforward.k8s.io',
  );
  socket.resume();
  const open = streamOpener(socket);
  for (let pair = 0; pair < 3000 && socket.writable; pair++) {
    open(['streamType', 'error'], ['port', '80'], ['requestID', String(pair)]);
    open(['streamType', 'data'], ['port', '80'], ['requestID', String(pair)]);
    for (const streamId of [4 * pair + 1, 4 * pair + 3])
      socket.write(encodeControlFrame({ type: 'RST_STREAM', streamId, status: 5 }));
    if (pair % 100 === 0) await delay(0);
  }
  await until(
    'no connection is being made',
    () => connecting === 0,
    () => connecting,
  );
  assert.ok(most > 0 && most <= 1024, `${most} at once`);
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

test('connections that say nothing, or never end their request, keep nobody out and are cut off', async () => {
  await using small = await StreamingServer.start({
    runtime: testRuntime(),
    maxWaiting: 5,
    headersTimeoutMs: 300,
  });
  const { hostname, port } = new URL(small.url);
  const silent = Array.from({ length: 20 }, () => connect(Number(port), hostname).on('error', () => {}));
  for (const socket of silent) socket.resume().write('GET / HTTP/1.1\r\n');
  assert.equal((await answer(small.execUrl(ask), {}))[0], 400);
  await Promise.all(
    silent.map((socket) => socket.destroyed || once(socket, 'close', { signal: AbortSignal.timeout(5000) })),
  );
});

test('sessions beyond the most there may be are refused, and there is room again when one ends', async () => {
  await using small = await StreamingServer.start({ runtime: testRuntime(), maxSessions: 2 });
  const exec = () => rawSpdy(small.execUrl(ask));
  const sessions = [await exec(), await exec()];
  const headers = { ...upgradeHeaders, [protocolHeader]: 'v4.channel.k8s.io' };
  assert.deepEqual(await answer(small.execUrl(ask), headers), [
    503,
    'too many sessions are open; try again later',
  ]);
  sessions[0]?.destroy();
  await until('a session has become free', async () => {
    const outgoing = request(small.execUrl(ask), { method: 'POST', headers, agent: false });
    outgoing.end();
    return await Promise.race([
      once(outgoing, 'upgrade').then(([, socket]) => socket.destroy()),
      once(outgoing, 'response').then(() => undefined),
    ]);
  });
  sessions[1]?.destroy();
});

test('over TLS, connections without a handshake keep nobody out and are cut off', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'streaming-tls-'));
  const words = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=x';
  execFileSync('openssl', [...words.split(' '), '-keyout', `${dir}/key`, '-out', `${dir}/cert`], {
    stdio: 'pipe',
  });
  const [cert, key] = [readFileSync(`${dir}/cert`, 'utf8'), readFileSync(`${dir}/key`, 'utf8')];
  rmSync(dir, { recursive: true });
  await using small = await StreamingServer.start({
    runtime: testRuntime(),
    tls: { cert, key },
    maxWaiting: 5,
    headersTimeoutMs: 500,
  });
  const { hostname, port } = new URL(small.url);
  const silent = Array.from({ length: 20 }, () => connect(Number(port), hostname).on('error', () => {}));
  for (const socket of silent) socket.resume().write(Buffer.from([0x16, 3, 1]));
  const outgoing = requestTls(small.execUrl(ask), { rejectUnauthorized: false, agent: false });
  outgoing.end();
  const [response] = await once(outgoing, 'response');
  assert.equal(response.resume().statusCode, 400);
  await Promise.all(
    silent.map((socket) => socket.destroyed || once(socket, 'close', { signal: AbortSignal.timeout(5000) })),
  );
  // One that is served is not cut off with the others.
  const upgrade = requestTls(small.execUrl(ask), {
    rejectUnauthorized: false,
    agent: false,
    headers: { ...upgradeHeaders, [protocolHeader]: 'v4.channel.k8s.io' },
  });
  upgrade.end();
  const [, session] = await once(upgrade, 'upgrade');
  // One that comes later and says nothing outlives the time that the session had for its headers.
  const later = connect(Number(port), hostname).on('error', () => {});
  later.resume();
  await once(later, 'close', { signal: AbortSignal.timeout(5000) });
  assert.equal(session.destroyed, false);
  session.destroy();
});

test('more ports than there are channels are refused', async () => {
  const ports = Array.from({ length: 200 }, (_, index) => index + 1);
  const url = server.portForwardUrl({ podSandboxId: 'p', ports }).replace('http', 'ws');
  const socket = new WebSocket(url, 'v4.channel.k8s.io');
  const [code, reason] = await once(socket, 'close', { signal: AbortSignal.timeout(5000) });
  assert.deepEqual([code, String(reason)], [1008, 'more than 128 ports']);
});
