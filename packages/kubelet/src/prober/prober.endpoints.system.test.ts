// Probes of endpoints that are slow, hostile or encrypted: of a pod on the node's network, by servers of this test.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer as createHttpsServer } from 'node:https';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { testImage } from '@berth/test-support/pods.ts';
import {
  Server as GrpcServer,
  ServerCredentials,
  type ServerUnaryCall,
  type sendUnaryData,
} from '@grpc/grpc-js';
import type { Probe } from '../api/pod.ts';
import type { Kubelet } from '../kubelet.ts';
import {
  forever,
  shellPod,
  startTestNode,
  type TestNode,
  untilRunning,
  untilStatus,
} from '../testing/node.ts';
import { testContainer } from '../testing/pod.ts';
import { testProbe } from '../testing/probe.ts';
import { endAll } from '../testing/remains.ts';

let node: TestNode;
let kubelet: Kubelet;
const servers: Server[] = [];
const sockets = new Set<Socket>();

before(async () => {
  node = await startTestNode('berthd');
  kubelet = node.kubelet({ nodeIps: ['127.0.0.1'] });
});
after(async () => {
  for (const socket of sockets) socket.destroy();
  for (const server of servers) server.close();
  await kubelet.stop();
  await node[Symbol.asyncDispose]();
});

function portOf(server: Server): Promise<number> {
  servers.push(server);
  server.on('connection', (socket) => sockets.add(socket.on('error', () => {})));
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      assert.ok(address !== null && typeof address === 'object');
      resolve(address.port);
    });
  });
}

/** An HTTP server that writes with `answer`. */
const serve = (answer: (socket: Socket, request: string) => void): Promise<number> =>
  portOf(createServer((socket) => socket.once('data', (data) => answer(socket, data.toString()))));

async function serveTls(): Promise<number> {
  const [key, cert] = [join(node.dir, 'tls.key'), join(node.dir, 'tls.crt')];
  const subject = ['-subj', '/CN=elsewhere', '-days', '1', '-nodes', '-newkey', 'rsa:2048'];
  execFileSync('openssl', ['req', '-x509', ...subject, '-keyout', key, '-out', cert], { stdio: 'pipe' });
  const files = { key: readFileSync(key), cert: readFileSync(cert) };
  return portOf(createHttpsServer(files, (request, response) => response.end(request.url)));
}

async function serveHealth(): Promise<number> {
  const server = new GrpcServer();
  after(() => server.forceShutdown());
  const same = (value: Buffer): Buffer => value;
  const path = '/grpc.health.v1.Health/Check';
  const codecs = {
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  };
  server.addService(
    { check: { path, requestStream: false, responseStream: false, ...codecs } },
    {
      check: ({ request }: ServerUnaryCall<Buffer, Buffer>, callback: sendUnaryData<Buffer>) =>
        callback(null, Buffer.from([8, request.includes('sick') ? 2 : 1])),
    },
  );
  return new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(port),
    );
  });
}

function endless(socket: Socket): void {
  const more = () => socket.writable && socket.write('x'.repeat(65_536), more);
  socket.write('HTTP/1.1 200 OK\r\n\r\n', more);
}

test('each endpoint makes its container ready or not, and none holds up the others', async () => {
  const health = await serveHealth();
  const plain = await serve((socket, request) =>
    socket.end(
      /^GET \/there HTTP\/1\.1\r\nHost: a\.example\r\nUser-Agent: kube-probe\/[\d.]+\r\nAccept: \*\/\*\r\nX-A: b\r\n/.test(
        request,
      )
        ? 'HTTP/1.1 200 OK\r\n\r\n'
        : 'HTTP/1.1 302 x\r\nLocation: /there\r\n\r\n',
    ),
  );
  const http = (port: number, changes = {}): Probe => testProbe({ httpGet: { port, ...changes } });
  const httpHeaders = [
    { name: 'Host', value: 'a.example' },
    { name: 'x-a', value: 'b' },
  ];
  const elsewhere = 'HTTP/1.1 301 x\r\nLocation: http://192.0.2.9/\r\n\r\n';
  const probes: Record<string, [ready: boolean, probe: Probe]> = {
    redirect: [true, http(plain, { path: '/from', httpHeaders })],
    loop: [false, http(plain, { path: '/from' })],
    elsewhere: [true, http(await serve((socket) => socket.end(elsewhere)))],
    tls: [true, http(await serveTls(), { scheme: 'HTTPS' })],
    'tls-to-plain': [false, http(plain, { scheme: 'HTTPS' })],
    endless: [true, http(await serve(endless))],
    silent: [false, http(await serve(() => {}))],
    'silent-tls': [false, http(await serve(() => {}), { scheme: 'HTTPS' })],
    healthy: [true, testProbe({ grpc: { port: health } })],
    sick: [false, testProbe({ grpc: { port: health, service: 'sick' } })],
    'not-grpc': [false, testProbe({ grpc: { port: plain } })],
    tcp: [true, testProbe({ tcpSocket: { port: plain } })],
    'no-port': [false, testProbe({ tcpSocket: { port: 'none' } })],
    slow: [false, testProbe({ exec: { command: ['sleep', '60'] } })],
    loud: [true, testProbe({ exec: { command: ['head', '-c', '1000000', '/dev/zero'] }, timeoutSeconds: 5 })],
    missing: [false, testProbe({ exec: { command: ['/bin/none'] } })],
  };
  const pod = shellPod('endpoints', '', { hostNetwork: true });
  pod.spec.containers = Object.entries(probes).map(([name, [, readinessProbe]]) =>
    testContainer({ name, image: testImage, command: ['/bin/sh', '-c', forever], readinessProbe }),
  );
  kubelet.setPods([pod]);
  await untilRunning(kubelet, pod);
  const wanted = Object.keys(probes).filter((name) => probes[name]?.[0]);
  const ready = (status: Parameters<Parameters<typeof untilStatus>[3]>[0]) =>
    (status.containerStatuses ?? []).flatMap((each) => (each.ready ? [each.name] : []));
  await untilStatus(kubelet, pod, 'has what is ready', (status) => ready(status).length >= wanted.length);
  // Time for every timeout: what is not ready by then is not going to be.
  await new Promise((resolve) => setTimeout(resolve, 2500));
  const status = await untilStatus(kubelet, pod, 'is there', () => true);
  assert.deepEqual(ready(status).sort(), wanted.sort());
  await endAll(node, kubelet, pod);
});
