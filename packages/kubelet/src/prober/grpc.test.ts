import assert from 'node:assert/strict';
import { createServer, type Socket } from 'node:net';
import { after, test } from 'node:test';
import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData, status } from '@grpc/grpc-js';
import { probeGrpc } from './grpc.ts';

const servers: Server[] = [];
after(() => {
  for (const server of servers) server.forceShutdown();
});

type Check = (service: string, answer: (status: number) => void, fail: (code: number) => void) => void;

/** The port of a health service; `seen` gets the User-Agent of each call. */
async function serve(check: Check | undefined, seen: string[] = []): Promise<number> {
  const server = new Server();
  servers.push(server);
  const bytes = (value: Buffer): Buffer => value;
  const definition = {
    check: {
      path: '/grpc.health.v1.Health/Check',
      requestStream: false as const,
      responseStream: false as const,
      requestSerialize: bytes,
      requestDeserialize: bytes,
      responseSerialize: bytes,
      responseDeserialize: bytes,
    },
  };
  if (check) {
    server.addService(definition, {
      check: (call: ServerUnaryCall<Buffer, Buffer>, callback: sendUnaryData<Buffer>) => {
        seen.push(String(call.metadata.get('user-agent')));
        const service = call.request.subarray(2).toString();
        const answer = (value: number) =>
          callback(null, value === 0 ? Buffer.alloc(0) : Buffer.from([8, value]));
        check(service, answer, (code) => callback({ code, details: 'no' }));
      },
    });
  }
  return new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(port),
    );
  });
}

const probe = (port: number, service = '', timeoutMs = 5000) =>
  probeGrpc({ host: '127.0.0.1', port, service }, timeoutMs);

test('a service is healthy when its server says so', async () => {
  const seen: string[] = [];
  const port = await serve(
    (service, answer) => answer(service === '' ? 1 : service === 'down' ? 2 : 0),
    seen,
  );
  assert.deepEqual(await probe(port), { result: 'success', output: 'service healthy' });
  assert.deepEqual(await probe(port, 'down'), {
    result: 'failure',
    output: 'service unhealthy (responded with "NOT_SERVING")',
  });
  assert.match((await probe(port, 'x')).output, /"UNKNOWN"/);
  assert.match(seen[0] ?? '', /^kube-probe\/1\.37 /);
});

const failures: [title: string, check: Check | undefined, output: RegExp][] = [
  ['a server without health', undefined, /^error: this server does not implement the grpc health protocol/],
  [
    'an unknown service',
    (_name, _answer, fail) => fail(status.NOT_FOUND),
    /^error: health rpc probe failed: 5/,
  ],
  ['a server that does not answer', () => {}, /^timeout: health rpc did not complete within 200ms$/],
];
for (const [title, check, output] of failures) {
  test(`${title} is a failure`, async () => {
    const outcome = await probe(await serve(check), '', check?.length === 0 ? 200 : 5000);
    assert.equal(outcome.result, 'failure');
    assert.match(outcome.output, output);
  });
}

test('a port where nobody listens, or where no gRPC is spoken, is given up in time', async () => {
  const sockets: Socket[] = [];
  const silent = createServer((socket) => sockets.push(socket.on('error', () => {})));
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const address = silent.address();
  assert.ok(address !== null && typeof address === 'object');
  for (const port of [1, address.port]) {
    const outcome = await probe(port, '', 200);
    assert.equal(outcome.result, 'failure');
    assert.match(outcome.output, /^timeout: failed to connect service "127\.0\.0\.1:\d+" within 200ms/);
  }
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => silent.close(resolve));
});
