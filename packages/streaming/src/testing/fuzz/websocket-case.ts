import { once } from 'node:events';
import { createServer } from 'node:http';
import { duplexPair } from 'node:stream';
import { onceAborted } from '@berth/common/abort.ts';
import { serveRemoteCommand } from '../../server/remote-command.ts';
import { acceptWebSocketCommand } from '../../server/remote-command-websocket.ts';
import type { Random } from './random.ts';

/** A WebSocket frame from a client (RFC 6455, section 5.2), with a mask of zeros. */
function clientFrame(opcode: number, fin: boolean, payload: Buffer, length = payload.length): Buffer {
  const head =
    length < 126
      ? Buffer.from([0, 0x80 | length])
      : length < 65536
        ? Buffer.from([0, 0x80 | 126, length >> 8, length & 255])
        : Buffer.from([
            0,
            0x80 | 127,
            0,
            0,
            0,
            0,
            length >>> 24,
            (length >> 16) & 255,
            (length >> 8) & 255,
            length & 255,
          ]);
  head[0] = (fin ? 0x80 : 0) | opcode;
  return Buffer.concat([head, Buffer.alloc(4), payload]);
}

/** Messages as a client of remote command sends them, some of them nonsense. */
export function webSocketTraffic(random: Random): Buffer {
  const parts: Buffer[] = [];
  for (let count = 1 + random.below(40); count > 0; count--) {
    const channel = random.pick([0, 0, 0, 1, 2, 3, 4, 48, 52, 255, random.below(256)]);
    const body = random.pick([
      Buffer.alloc(0),
      Buffer.from([random.below(6)]),
      Buffer.from('{"Width":80,"Height":24}'),
      Buffer.from('aGVsbG8='),
      Buffer.alloc(70_000, 97),
      random.bytes(random.below(30)),
    ]);
    const opcode = random.pick([2, 2, 2, 2, 1, 0, 8, 9, 10, random.below(16)]);
    const payload = Buffer.concat([Buffer.from([channel]), body]);
    const length = random.once(30) ? random.pick([126, 65536, 0x4000_0000, 0x7fff_ffff]) : payload.length;
    const frame = clientFrame(opcode, !random.once(10), payload, length);
    parts.push(random.once(15) ? random.mutate(frame) : frame);
  }
  return Buffer.concat(parts);
}

const protocols = [
  'v5.channel.k8s.io',
  'v4.channel.k8s.io',
  'v4.base64.channel.k8s.io',
  'base64.channel.k8s.io',
] as const;

/** Sends bytes on an upgraded connection to a server that echoes. Rejects if its session does not end. */
export async function runWebSocketCase(random: Random, input: Buffer): Promise<void> {
  const [client, server] = duplexPair();
  client.on('error', () => {});
  server.on('error', () => {});
  const http = createServer();
  const over = Promise.withResolvers<void>();
  http.on('upgrade', async (request, socket, head) => {
    const asked = { tty: random.once(2), stdin: !random.once(5), stdout: !random.once(5), stderr: false };
    const upgrade = { request, socket, head };
    const connection = await acceptWebSocketCommand(upgrade, asked, { idleTimeoutMs: 1000 });
    if (connection === undefined) throw new Error('a handshake in order was refused');
    await serveRemoteCommand(connection, '', 'fuzzing', async ({ stdin, stdout, resize, signal }) => {
      if (stdin !== undefined && stdout !== undefined) stdin.pipe(stdout);
      for await (const size of resize) if (size.width === 0) break;
      await onceAborted(signal);
      return { exitCode: 0 };
    });
    over.resolve();
  });
  http.emit('connection', server);
  client.write(
    'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
      `Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: ${random.pick(protocols)}\r\n\r\n`,
  );
  await once(client, 'data');
  client.resume();
  for (const chunk of random.chunks(input)) {
    if (client.destroyed || server.destroyed) break;
    client.write(chunk);
  }
  await Promise.race([over.promise, delay(5)]);
  client.destroy();
  server.destroy();
  const ended = await Promise.race([over.promise.then(() => true), delay(2000)]);
  if (ended !== true) throw new Error('the session did not end');
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
