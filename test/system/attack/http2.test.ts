// Floods of HTTP/2 frames on the CRI's socket, each a known way to end or fill a server. The socket is root's, and
// yet a client that has lost its mind must end neither berthd nor what runs beside it.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { encodeFrame, encodeSettings, flag, frameType, preface, words } from '@berth/cri/http2/frames.ts';
import { encodeHeaders } from '@berth/cri/http2/hpack.ts';
import { AttackedNode } from '@berth/test-support/attacked-node.ts';

const MiB = 1024 * 1024;
const most = 64 * MiB;

let attacked: AttackedNode;
before(async () => {
  attacked = await AttackedNode.start('atkhttp2');
});
after(() => attacked?.[Symbol.asyncDispose]());

const nothing = Buffer.alloc(0);
const many = (count: number, frame: Buffer) => Buffer.concat(Array(count).fill(frame));
const callHeaders = (more: Record<string, string> = {}) =>
  encodeHeaders({
    ':method': 'POST',
    ':scheme': 'http',
    ':path': '/runtime.v1.RuntimeService/Version',
    ':authority': 'localhost',
    'content-type': 'application/grpc',
    te: 'trailers',
    ...more,
  });
const opening = (stream: number, flags: number = flag.endHeaders, block = callHeaders()) =>
  encodeFrame(frameType.headers, flags, stream, block);

/** Sends until all is sent, the server has hung up, or it takes nothing for a while. */
async function flood(socket: Socket, pieces: Iterable<Buffer>): Promise<void> {
  const gone = once(socket, 'close').catch(() => {});
  for (const piece of pieces) {
    if (!socket.writable) return;
    if (socket.write(piece)) continue;
    const outcome = await Promise.race([once(socket, 'drain').catch(() => {}), gone, delay(2000, 'held up')]);
    if (outcome === 'held up') return;
  }
}

function* streams(count: number, frames: (stream: number) => Buffer): Generator<Buffer> {
  for (let first = 0; first < count; first += 100)
    yield Buffer.concat(Array.from({ length: 100 }, (_, index) => frames(2 * (first + index) + 1)));
}

/** HEADERS that put a header of 4,000 octets in the dynamic table, and then name it a thousand times. */
function headerBomb(): Buffer {
  const name = Buffer.from([0x40, 1, 'x'.charCodeAt(0)]);
  const length = Buffer.from([127, 0xa1, 0x1e]);
  return Buffer.concat([
    callHeaders(),
    name,
    length,
    Buffer.alloc(4000, 'y'),
    Buffer.alloc(10_000, 0x80 | 62),
  ]);
}

function message(compressed: boolean, bytes: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head[0] = compressed ? 1 : 0;
  head.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}

const attacks: Readonly<Record<string, () => Iterable<Buffer>>> = {
  'rapid reset (CVE-2023-44487)': () =>
    streams(100_000, (stream) =>
      Buffer.concat([opening(stream), encodeFrame(frameType.reset, 0, stream, words(8))]),
    ),
  'streams without an end': () => streams(50_000, opening),
  'CONTINUATION without an end (CVE-2024-27983, CVE-2024-27316)': function* () {
    yield opening(1, 0);
    for (let sent = 0; sent < 10_000; sent++)
      yield encodeFrame(frameType.continuation, 0, 1, encodeHeaders({ [`x${sent}`]: 'y'.repeat(8000) }));
  },
  'SETTINGS (CVE-2019-9515)': () =>
    Array(500).fill(many(1000, encodeFrame(frameType.settings, 0, 0, encodeSettings([[4, 65535]])))),
  'PING (CVE-2019-9512)': () =>
    Array(500).fill(many(1000, encodeFrame(frameType.ping, 0, 0, Buffer.alloc(8)))),
  'empty DATA (CVE-2019-9518)': function* () {
    yield opening(1);
    for (let sent = 0; sent < 500; sent++) yield many(1000, encodeFrame(frameType.data, 0, 1, nothing));
  },
  'PRIORITY (CVE-2019-9513)': () =>
    Array(300).fill(many(1000, encodeFrame(2, 0, 1, Buffer.from([0, 0, 0, 3, 1])))),
  'headers without names (CVE-2019-9516)': () =>
    streams(10_000, (stream) =>
      opening(stream, flag.endHeaders, Buffer.concat([callHeaders(), many(400, Buffer.from([0, 0, 0]))])),
    ),
  'headers that expand a thousandfold': () =>
    streams(5000, (stream) => opening(stream, flag.endHeaders, headerBomb())),
  'a gzip bomb (CVE-2024-37168)': function* () {
    const bomb = message(true, gzipSync(Buffer.alloc(500 * MiB)));
    yield opening(1, flag.endHeaders, callHeaders({ 'grpc-encoding': 'gzip' }));
    for (let at = 0; at < bomb.length; at += 16_000) {
      const isLast = at + 16_000 >= bomb.length;
      const part = bomb.subarray(at, at + 16_000);
      yield encodeFrame(frameType.data, isLast ? flag.endStream : 0, 1, part);
    }
  },
};

for (const [what, pieces] of Object.entries(attacks)) {
  test(`a flood of ${what} ends nothing and costs berthd at most 64 MiB`, async (t) => {
    const bytes = [...pieces()];
    await attacked.unharmed(async () => {
      const socket = connect(attacked.node.socket).on('error', () => {});
      socket.resume();
      socket.write(Buffer.concat([preface, encodeFrame(frameType.settings, 0, 0, nothing)]));
      // What berthd keeps for longer than the flood shows half a second later.
      const growth = await attacked.growth(flood(socket, bytes).then(() => delay(500)));
      t.diagnostic(`${Math.round(growth / MiB)} MiB more, ${socket.destroyed ? '' : 'not '}hung up on`);
      assert.ok(growth <= most, `berthd grew by ${Math.round(growth / MiB)} MiB`);
      socket.destroy();
      await attacked.node.client.runtime.version({});
    });
  });
}

test('connections that say nothing on the CRI socket are hung up on, and keep nobody out', async () => {
  await attacked.unharmed(async () => {
    const silent = Array.from({ length: 300 }, () => connect(attacked.node.socket).on('error', () => {}));
    for (const [index, socket] of silent.entries()) {
      socket.resume();
      if (index % 2 === 0) socket.write('PRI * HT');
    }
    await attacked.node.client.runtime.version({});
    await Promise.all(
      silent.map(
        (socket) => socket.destroyed || once(socket, 'close', { signal: AbortSignal.timeout(20_000) }),
      ),
    );
  });
});
