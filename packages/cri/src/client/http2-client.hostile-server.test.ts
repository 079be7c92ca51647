// A runtime's end of the socket that breaks the rules: crictl's calls fail with words, and its memory stays small.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { CriError } from '../errors/cri-error.ts';
import {
  encodeFrame,
  encodeSettings,
  FrameReader,
  flag,
  frameType,
  preface,
  setting,
  words,
} from '../http2/frames.ts';
import { encodeHeaders } from '../http2/hpack.ts';
import { connectCriLight } from './http2-client.ts';

const dir = mkdtempSync(join(tmpdir(), 'cri-hostile-'));
const socketPath = join(dir, 's.sock');
const sockets = new Set<Socket>();
let behave: (socket: Socket, stream: number) => void = () => {};
let settings: [id: number, value: number][] = [];

const server = createServer((socket) => {
  sockets.add(socket);
  socket.on('error', () => {});
  socket.write(encodeFrame(frameType.settings, 0, 0, encodeSettings(settings)));
  const reader = new FrameReader();
  let skip = preface.length;
  socket.on('data', (chunk: Buffer) => {
    const skipped = Math.min(skip, chunk.length);
    skip -= skipped;
    for (const frame of reader.read(chunk.subarray(skipped)))
      if (frame.type === frameType.headers) behave(socket, frame.stream);
  });
});
before(() => new Promise<void>((resolve) => server.listen(socketPath, resolve)));
after(() => {
  for (const socket of sockets) socket.destroy();
  server.close();
  rmSync(dir, { recursive: true });
});

const answerHeaders = encodeHeaders({ ':status': '200', 'content-type': 'application/grpc' });
const trailers = encodeHeaders({ 'grpc-status': '0' });
const emptyMessage = Buffer.alloc(5);

function answerVersion(socket: Socket, stream: number): void {
  socket.write(
    Buffer.concat([
      encodeFrame(frameType.headers, flag.endHeaders, stream, answerHeaders),
      encodeFrame(frameType.data, 0, stream, emptyMessage),
      encodeFrame(frameType.headers, flag.endHeaders | flag.endStream, stream, trailers),
    ]),
  );
}

/** Writes the same again and again until the client hangs up, or has taken `limit` octets. */
function flood(socket: Socket, frames: Buffer, limit = 256 * 1024 * 1024): void {
  let sent = 0;
  const more = () => {
    while (!socket.destroyed && sent < limit) {
      sent += frames.length;
      if (!socket.write(frames)) return;
    }
  };
  socket.on('drain', more);
  more();
}

async function call(): Promise<unknown> {
  const client = connectCriLight(socketPath, { timeoutMs: 20_000 });
  try {
    return await client.runtime.version({});
  } finally {
    client.close();
  }
}

const many = (count: number, frame: Buffer) => Buffer.concat(Array(count).fill(frame));
const floods: Readonly<Record<string, (socket: Socket, stream: number) => void>> = {
  'CONTINUATION without an end': (socket, stream) => {
    socket.write(encodeFrame(frameType.headers, 0, stream, answerHeaders));
    flood(socket, encodeFrame(frameType.continuation, 0, stream, many(8, Buffer.alloc(2000))));
  },
  'empty CONTINUATION': (socket, stream) => {
    socket.write(encodeFrame(frameType.headers, 0, stream, answerHeaders));
    flood(socket, many(1000, encodeFrame(frameType.continuation, 0, stream, Buffer.alloc(0))));
  },
  'a hundred thousand headers': (socket, stream) => {
    const block = Buffer.alloc(16_000, 0x88);
    socket.write(encodeFrame(frameType.headers, flag.endHeaders, stream, block));
  },
  'a window that overflows': (socket) => {
    socket.write(many(3, encodeFrame(frameType.windowUpdate, 0, 0, words(0x7fff_ffff))));
  },
  'a frame size of nothing': (socket) => {
    const payload = encodeSettings([[setting.maxFrameSize, 0]]);
    socket.write(encodeFrame(frameType.settings, 0, 0, payload));
  },
  'PING whose answers it does not read': (socket) => {
    socket.pause();
    flood(socket, many(1000, encodeFrame(frameType.ping, 0, 0, Buffer.alloc(8))));
  },
};

for (const [what, attack] of Object.entries(floods)) {
  test(`a server that sends ${what} is hung up on`, async () => {
    settings = [];
    behave = attack;
    const before = process.memoryUsage.rss();
    await assert.rejects(
      call(),
      (error: unknown) => error instanceof CriError && error.code === 'UNAVAILABLE',
    );
    const grown = (process.memoryUsage.rss() - before) / 1024 / 1024;
    assert.ok(grown < 64, `${Math.round(grown)} MiB more`);
  });
}

test('a server that answers one call with many messages is told so', async () => {
  settings = [];
  behave = (socket, stream) => {
    socket.write(encodeFrame(frameType.headers, flag.endHeaders, stream, answerHeaders));
    socket.write(many(1000, encodeFrame(frameType.data, 0, stream, emptyMessage)));
  };
  await assert.rejects(call(), { message: 'the server answered with more than one message' });
});

test('a server gets no more calls at once than it allows', async () => {
  settings = [[setting.maxConcurrentStreams, 2]];
  let open = 0;
  let most = 0;
  behave = (socket, stream) => {
    most = Math.max(most, ++open);
    setTimeout(() => {
      open--;
      answerVersion(socket, stream);
    }, 5);
  };
  const client = connectCriLight(socketPath);
  try {
    await client.runtime.version({});
    await Promise.all(Array.from({ length: 20 }, () => client.runtime.version({})));
    assert.equal(most, 2);
  } finally {
    client.close();
  }
});
