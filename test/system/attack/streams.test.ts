// Clients of exec and port-forward that want to fill berthd's memory, with URLs that are good.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import type { Duplex } from 'node:stream';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { encodeControlFrame, encodeDataHeader } from '@berth/streaming/spdy/frames.ts';
import { HeaderCompressor } from '@berth/streaming/spdy/header-block.ts';
import { maskedFrame, opcode } from '@berth/streaming/websocket/client-frames.ts';
import { AttackedNode, type Attacker } from '@berth/test-support/attacked-node.ts';

const MiB = 1024 * 1024;
const most = 64 * MiB;

let attacked: AttackedNode;
let pod: Attacker;

before(async () => {
  attacked = await AttackedNode.start('atkstrm');
  pod = await attacked.attacker('sleep 600');
  // What the first session loads is not what an attack costs.
  for (const upgrade of ['SPDY/3.1', 'websocket'] as const) (await connectExec(upgrade)).destroy();
  (await connectPortForward()).destroy();
});
after(() => attacked?.[Symbol.asyncDispose]());

async function upgraded(url: string, headers: Record<string, string>): Promise<Duplex> {
  const outgoing = request(url, { headers: { Connection: 'Upgrade', ...headers }, agent: false });
  outgoing.end();
  const [, socket] = await once(outgoing, 'upgrade');
  socket.on('error', () => {});
  return socket;
}

async function connectExec(upgrade: 'SPDY/3.1' | 'websocket'): Promise<Duplex> {
  const { url } = await attacked.node.client.runtime.exec({
    containerId: pod.containerId,
    cmd: ['/bin/sleep', '300'],
    tty: false,
    stdin: true,
    stdout: true,
    stderr: false,
  });
  return await upgraded(url, {
    Upgrade: upgrade,
    'X-Stream-Protocol-Version': 'v4.channel.k8s.io',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAAAA==',
    'Sec-WebSocket-Protocol': 'v5.channel.k8s.io',
  });
}

async function connectPortForward(): Promise<Duplex> {
  const { podSandboxId } = pod;
  const { url } = await attacked.node.client.runtime.portForward({ podSandboxId, port: [] });
  return await upgraded(url, { Upgrade: 'SPDY/3.1', 'X-Stream-Protocol-Version': 'portforward.k8s.io' });
}

/** Sends as long as the server takes it and there is some; resolves also when it has ended the connection. */
async function flood(socket: Duplex, pieces: Iterable<Buffer>): Promise<void> {
  const gone = new Promise<void>((resolve) => socket.once('close', resolve).once('end', resolve));
  for (const piece of pieces) {
    if (!socket.writable || socket.readableEnded) return;
    if (socket.write(piece)) continue;
    // One that is held up has not been ended; there is nothing more to see.
    const outcome = await Promise.race([once(socket, 'drain').catch(() => {}), gone, delay(2000, 'held up')]);
    if (outcome === 'held up') return;
  }
}

async function costsLittle(attack: () => Promise<void>): Promise<void> {
  await attacked.unharmed(async () => {
    // What has been sent is not yet what berthd has read.
    const growth = await attacked.growth(attack().then(() => delay(500)));
    assert.ok(growth <= most, `berthd grew by ${Math.round(growth / MiB)} MiB`);
  });
}

/** SYN_STREAM frames of pairs, both halves of each or one, with a further header. */
function* pairs(count: number, halves: readonly string[], more: [string, string]): Generator<Buffer> {
  const compressor = new HeaderCompressor();
  const flags = { associatedTo: 0, priority: 0, fin: false, unidirectional: false };
  let streamId = 1;
  for (let pair = 0; pair < count; pair++) {
    for (const half of halves) {
      const block = compressor.compress([
        ['streamType', half],
        ['port', '81'],
        ['requestID', String(pair)],
        more,
      ]);
      yield encodeControlFrame({ type: 'SYN_STREAM', streamId, ...flags, block });
      streamId += 2;
    }
  }
}

for (const [what, halves, bytes] of [
  ['headers of 220 KiB', ['data'], 220 * 1024],
  ['headers of 15 KiB', ['data'], 15 * 1024],
  ['headers of 15 KiB and both halves of each pair', ['error', 'data'], 15 * 1024],
] as const) {
  test(`four thousand SPDY streams with ${what} cost berthd at most 64 MiB`, async () => {
    const socket = await connectPortForward();
    socket.resume();
    const count = 4000 / halves.length;
    await costsLittle(async () => {
      await flood(socket, pairs(count, halves, ['x-large', 'x'.repeat(bytes)]));
    });
    if (halves.length === 1) {
      assert.ok(socket.readableEnded || socket.destroyed, 'the connection was ended');
      const reasons =
        /portforward from \S+: (header block does not inflate|too many streams that were refused)/;
      assert.match(attacked.node.berthd.output(), reasons);
    }
    socket.destroy();
  });
}

test('a header block that inflates to a gigabyte costs berthd at most 64 MiB', async () => {
  const { deflateSync } = await import('node:zlib');
  const bomb = deflateSync(Buffer.alloc(15_000_000));
  const socket = await connectPortForward();
  socket.resume();
  const flags = { associatedTo: 0, priority: 0, fin: false, unidirectional: false };
  const frame = encodeControlFrame({ type: 'SYN_STREAM', streamId: 1, ...flags, block: bomb });
  await costsLittle(async () => {
    await flood(socket, [frame]);
    await once(socket, 'end', { signal: AbortSignal.timeout(10_000) });
  });
  socket.destroy();
});

test('SPDY data that nobody reads, an octet in each chunk of nonsense, costs berthd at most 64 MiB', async () => {
  const socket = await connectExec('SPDY/3.1');
  socket.resume();
  const compressor = new HeaderCompressor();
  const flags = { associatedTo: 0, priority: 0, fin: false, unidirectional: false };
  const streams = ['error', 'stdin', 'stdout'].map((type, index) => {
    const block = compressor.compress([['streamType', type]]);
    return encodeControlFrame({ type: 'SYN_STREAM', streamId: 2 * index + 1, ...flags, block });
  });
  const nonsense = Buffer.alloc(60_000);
  nonsense.writeUInt32BE(0x8003_0063);
  nonsense.writeUIntBE(nonsense.length - 8, 5, 3);
  const octet = Buffer.concat([encodeDataHeader(3, false, 1), Buffer.from('x'), nonsense]);
  await costsLittle(async () => {
    await flood(socket, streams);
    // The command's pipe takes 64 KiB before what comes has to wait here.
    await flood(socket, [Buffer.concat([encodeDataHeader(3, false, 200_000), Buffer.alloc(200_000)])]);
    await flood(socket, Array(3000).fill(octet));
  });
  socket.destroy();
});

for (const [what, pieces] of [
  [
    'a message in a million fragments',
    function* () {
      const fragment = maskedFrame(opcode.continuation, Buffer.from('x'));
      fragment[0] = opcode.continuation;
      const first = Buffer.from(fragment);
      first[0] = opcode.binary;
      yield first;
      const many = Buffer.concat(Array(10_000).fill(fragment));
      for (let sent = 0; sent < 100; sent++) yield many;
    },
  ],
  [
    'an octet for stdin in each chunk of nonsense',
    function* () {
      const nonsense = maskedFrame(opcode.binary, Buffer.alloc(60_000, 9));
      const octet = Buffer.concat([maskedFrame(opcode.binary, Buffer.from('\0x')), nonsense]);
      yield maskedFrame(opcode.binary, Buffer.alloc(200_000));
      for (let sent = 0; sent < 3000; sent++) yield octet;
    },
  ],
  [
    'pings whose answers nobody reads',
    function* () {
      const pings = Buffer.concat(Array(1000).fill(maskedFrame(opcode.ping, Buffer.alloc(125))));
      for (let sent = 0; sent < 2000; sent++) yield pings;
    },
  ],
] as const) {
  test(`a WebSocket with ${what} costs berthd at most 64 MiB`, async () => {
    const socket = await connectExec('websocket');
    if (!what.startsWith('pings')) socket.resume();
    await costsLittle(() => flood(socket, pieces()));
    socket.destroy();
  });
}
