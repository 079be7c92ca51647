// Requests and bytes that no decent client sends to an HTTP server.
import { connect, type NetConnectOpts } from 'node:net';
import { mutate } from './fuzz.ts';

const targets = [
  '//',
  '///',
  '//x:y@z',
  '*',
  '/',
  '/pods',
  '/healthz',
  '/metrics',
  '/debug/pprof/heapx',
  '/images/import?name=%zz',
  '/exec/AAAAAAAA',
  '/attach/../../x',
  '/portforward/%00',
  '/%',
  '/?',
  '/\\\\',
  '\\\\x',
  'http://',
  'http://[',
  'http://a:99999/',
  'http://127.0.0.1/pods',
  'localhost:1',
  '/\xff\xfe',
  `/${'a'.repeat(9000)}`,
  `/${'a'.repeat(20_000)}`,
  '/pods#fragment',
  '?',
  'data:,x',
  '/[::1]',
  '//[::1',
];
const methods = [
  'GET',
  'POST',
  'HEAD',
  'CONNECT',
  'OPTIONS',
  'PUT',
  'TRACE',
  'M-SEARCH',
  'PRI',
  'QUERY',
  'get',
  '',
];
const headers = [
  'Host: x',
  'Host: x\r\nHost: y',
  'Connection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: v4.channel.k8s.io',
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x',
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: ,,,\r\nSec-WebSocket-Extensions: ;;=',
  'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk',
  'Connection: keep-alive',
  'Expect: 100-continue',
  'Expect: 999-nonsense',
  'Content-Length: 5',
  'Content-Length: 99999999999999999999',
  'Content-Length: -1\r\nContent-Length: 7',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: chunked, identity\r\nContent-Length: 3',
  'Content-Type: application/x-tar',
  'Trailer: x',
  `X-Long: ${'v'.repeat(15_000)}`,
  `X-Longer: ${'v'.repeat(30_000)}`,
  ...[150, 3000].map((count) => Array.from({ length: count }, (_, index) => `x${index}: 1`).join('\r\n')),
  ': empty',
  'broken',
  ' folded\r\n more',
  'X: \x01\x7f',
];
const bodies = [
  '',
  'hello',
  '5\r\nhello\r\n0\r\n\r\n',
  'ffffffffffffffff\r\n',
  '0\r\nx: y\r\n\r\n',
  '{"path":',
];
const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
const raw = [
  '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
  preface,
  'PRI * HTTP/2.0\r\n\r\nXX',
  'PRI',
  '\0\0\0\0',
  '\r\n\r\n\r\n',
  'GET',
  'HTTP/1.1 200 OK\r\n\r\n',
];

/** One to four requests, one behind the other, some of them cut up and mixed. */
export function hostileRequests(random: (bound: number) => number): Buffer {
  const pick = (from: readonly string[]) => from[random(from.length)] ?? '';
  const request = (): Buffer => {
    if (random(8) === 0) return Buffer.from(pick(raw), 'latin1');
    const lines = Array.from({ length: random(4) }, () => pick(headers));
    const version = random(10) === 0 ? pick(['HTTP/1.0', 'HTTP/9.9', 'HTTP/1.1 x', '']) : 'HTTP/1.1';
    const head = [`${pick(methods)} ${pick(targets)} ${version}`, ...lines].join('\r\n');
    return Buffer.from(`${head}\r\n\r\n${pick(bodies)}`, 'latin1');
  };
  const requests = Array.from({ length: 1 + random(4) }, request);
  return random(3) === 0 ? mutate(requests, random) : Buffer.concat(requests);
}

/** HTTP/2 as a client opens it, and then frames of any type, flags, stream and length. */
export function hostileFrames(random: (bound: number) => number): Buffer {
  const settings = Buffer.from('000000040000000000', 'hex');
  const frames = Array.from({ length: 1 + random(40) }, () => {
    const payload = Buffer.from(
      Array.from({ length: random(2) === 0 ? random(12) : random(300) }, () => random(256)),
    );
    const head = Buffer.alloc(9);
    head.writeUIntBE(random(20) === 0 ? random(0xff_ffff) : payload.length, 0, 3);
    head[3] = random(12);
    head[4] = random(256);
    head.writeUInt32BE(random(4) === 0 ? random(0x7fff_ffff) : random(8), 5);
    return Buffer.concat([head, payload]);
  });
  return Buffer.concat([Buffer.from(preface), random(10) === 0 ? Buffer.alloc(0) : settings, ...frames]);
}

/** How a client leaves after what it has sent. */
export type Leaving = 'waits' | 'ends' | 'closes' | 'resets';

/** Sends bytes on a connection of its own, leaves in some way, and resolves soon after, answered or not. */
export function send(to: NetConnectOpts, bytes: Buffer, leaving: Leaving): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(to);
    const timer = setTimeout(() => socket.destroy(), 50);
    socket.on('error', () => {});
    socket.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
    socket.resume();
    socket.write(bytes, () => {
      if (leaving === 'ends') socket.end();
      else if (leaving === 'closes') socket.destroy();
      else if (leaving === 'resets' && 'port' in to) socket.resetAndDestroy();
      else if (leaving === 'resets') socket.destroy();
    });
  });
}
