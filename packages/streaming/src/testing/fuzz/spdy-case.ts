import { duplexPair } from 'node:stream';
import { serveSpdyPortForward } from '../../server/port-forward-spdy.ts';
import { SpdyConnection } from '../../spdy/connection.ts';
import { FrameDecoder } from '../../spdy/frame-decoder.ts';
import { type ControlFrame, encodeControlFrame, encodeDataHeader } from '../../spdy/frames.ts';
import { HeaderCompressor, HeaderDecompressor } from '../../spdy/header-block.ts';
import type { Random } from './random.ts';

const names = ['streamType', 'port', 'requestID', 'x', ''] as const;
const values = ['error', 'data', 'stdin', 'stdout', 'resize', '80', '0', '65536', '1', 'ü\0z', ''] as const;

/** Frames as a client sends them, some of them nonsense. */
export function spdyTraffic(random: Random): Buffer {
  const compressor = new HeaderCompressor();
  const parts: Buffer[] = [];
  let nextId = 1;
  const streamId = (): number => random.pick([1, 3, 5, nextId, random.below(20), 0x7fff_ffff]);
  const block = (): Buffer => {
    if (random.once(10)) return random.bytes(random.below(60));
    const pairs = Array.from(
      { length: random.below(4) },
      () => [random.pick(names), random.pick(values)] as const,
    );
    const compressed = compressor.compress(new Map(pairs));
    return random.once(10) ? random.mutate(compressed) : compressed;
  };
  const pair = (): Buffer[] =>
    (['error', 'data'] as const).map((type) => {
      const headers = [
        ['streamType', type],
        ['port', '80'],
        ['requestID', String(nextId >> 2)],
      ] as const;
      const id = nextId;
      nextId += 2;
      const flags = { associatedTo: 0, priority: 0, fin: random.once(5), unidirectional: false };
      const opened = compressor.compress(headers);
      return encodeControlFrame({ type: 'SYN_STREAM', streamId: id, ...flags, block: opened });
    });
  const data = (): Buffer[] => {
    const payload = Buffer.alloc(random.pick([0, 1, 100, 70_000]), 97);
    const length = random.once(20) ? random.below(0x100_0000) : payload.length;
    return [encodeDataHeader(streamId() || 1, random.once(4), length), payload];
  };
  const control = (): ControlFrame => {
    const id = streamId();
    const number = random.pick([0, 1, 5, 65536, 0x7fff_ffff, 0xffff_ffff]);
    const flags = { associatedTo: 0, priority: 7, fin: random.once(4), unidirectional: random.once(4) };
    switch (random.below(9)) {
      case 0:
        return { type: 'RST_STREAM', streamId: id, status: number };
      case 1:
        return { type: 'SETTINGS', settings: [{ id: random.pick([4, 7, 99]), flags: 0, value: number }] };
      case 2:
        return { type: 'GOAWAY', lastGoodStreamId: id, status: number };
      case 3:
        return { type: 'WINDOW_UPDATE', streamId: random.pick([0, id]), delta: number };
      case 4:
        return { type: 'HEADERS', streamId: id, fin: random.once(2), block: block() };
      case 5:
        return { type: 'SYN_REPLY', streamId: id, fin: random.once(2), block: block() };
      case 6:
        return { type: 'SYN_STREAM', streamId: id, ...flags, block: block() };
      default:
        return { type: 'PING', id: number };
    }
  };
  for (let count = 1 + random.below(40); count > 0; count--) {
    const kind = random.below(10);
    const frames = kind < 2 ? pair() : kind < 5 ? data() : [encodeControlFrame(control())];
    const bytes = random.once(30) ? random.bytes(random.below(40)) : Buffer.concat(frames);
    parts.push(random.once(15) ? random.mutate(bytes) : bytes);
  }
  return Buffer.concat(parts);
}

/** Sends bytes to a server and reads its answers, which have to be frames. Rejects if it does not end. */
export async function runSpdyCase(random: Random, input: Buffer): Promise<void> {
  const [client, server] = duplexPair();
  const over = Promise.withResolvers<void>();
  if (random.once(2)) {
    const runtime = {
      exec: () => Promise.reject(new Error('not here')),
      attach: () => Promise.reject(new Error('not here')),
      portForward: async () => {
        if (random.once(4)) throw new Error('connection refused');
        const [near, far] = duplexPair();
        far.on('error', () => {});
        far.pipe(far);
        return near;
      },
    };
    const forwarder = { podSandboxId: 'p', ports: [], runtime, log: () => {}, remote: '' };
    const timeouts = { creationTimeoutMs: 1000, idleTimeoutMs: 1000 };
    void serveSpdyPortForward(server, forwarder, timeouts).then(over.resolve);
  } else {
    const connection = new SpdyConnection(server, {
      role: 'server',
      onStream: (stream) => (random.once(3) ? stream.resume() : stream.pipe(stream)),
    });
    connection.signal.addEventListener('abort', () => over.resolve());
  }
  const decoder = new FrameDecoder();
  const decompressor = new HeaderDecompressor();
  client.on('data', (chunk: Buffer) => {
    for (const frame of decoder.push(chunk)) if ('block' in frame) decompressor.decompress(frame.block);
  });
  client.on('error', () => {});
  for (const chunk of random.chunks(input)) {
    if (client.destroyed || server.destroyed || server.writableEnded) break;
    client.write(chunk);
  }
  client.end();
  // A server that holds its client up for good is cut off.
  await Promise.race([over.promise, delay(20)]);
  client.destroy();
  server.destroy();
  const ended = await Promise.race([over.promise.then(() => true), delay(2000)]);
  if (ended !== true) throw new Error('the connection did not end');
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
