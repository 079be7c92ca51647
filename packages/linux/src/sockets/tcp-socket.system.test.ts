import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { NamespaceWorker, unpin } from '../namespaces/namespaces.ts';
import { peerCredentials } from './peer-credentials.ts';
import { connectToLoopback, openTcpSocket } from './tcp-socket.ts';

let worker: NamespaceWorker;
const dir = mkdtempSync('/run/berth-test-tcp-');
const netns = join(dir, 'net');
before(async () => {
  worker = await NamespaceWorker.start();
  await worker.pin({ net: netns });
});
after(async () => {
  unpin(netns);
  rmSync(dir, { recursive: true });
  await worker.close();
});

test('a connection to the loopback address, each direction of which ends by itself', async () => {
  await using server = createTcpServer({ allowHalfOpen: true }, (socket) => {
    const got: Buffer[] = [];
    socket.on('data', (chunk) => got.push(Buffer.from(chunk)));
    socket.on('end', () => socket.end(`got ${Buffer.concat(got)}`));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const socket = await connectToLoopback(openTcpSocket('IPv4'), 'IPv4', port);
  socket.end('hello');
  assert.equal(await text(socket), 'got hello');
});

test('IPv6', async () => {
  await using server = createServer((_request, response) => response.end('six'));
  await new Promise<void>((resolve) => server.listen(0, '::1', resolve));
  const { port } = server.address() as AddressInfo;
  const socket = await connectToLoopback(openTcpSocket('IPv6'), 'IPv6', port);
  socket.write('GET / HTTP/1.0\r\n\r\n');
  assert.match(await text(socket), /\r\nsix$/);
});

test('a socket belongs to the namespace that it was made in', async () => {
  await using server = createTcpServer((socket) => socket.end());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const before = readdirSync('/proc/self/fd').length;
  const descriptor = await worker.inNetworkNamespace(netns, { kind: 'open-tcp-socket', family: 'IPv4' });
  await assert.rejects(connectToLoopback(descriptor, 'IPv4', port), {
    name: 'SyscallError',
    code: 'ECONNREFUSED',
    message: /^connect 127\.0\.0\.1:\d+: connection refused/,
  });
  assert.equal(readdirSync('/proc/self/fd').length, before);
});

test('who has connected to a Unix socket', async () => {
  const path = join(dir, 'socket');
  const { promise, resolve } = Promise.withResolvers<number>();
  await using server = createTcpServer((socket) => {
    const handle: unknown = Reflect.get(socket, '_handle');
    assert.ok(typeof handle === 'object' && handle !== null);
    resolve(Number(Reflect.get(handle, 'fd')));
  });
  await new Promise<void>((listening) => server.listen(path, listening));
  const { connect } = await import('node:net');
  const client = connect(path);
  const { pid, uid, program } = peerCredentials(await promise);
  assert.deepEqual([pid, uid, program], [process.pid, 0, process.execPath]);
  client.destroy();
});
