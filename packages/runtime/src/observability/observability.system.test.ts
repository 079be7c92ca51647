// What an operator has of a running berthd: metrics, profiles, traces, reloads, and what systemd hears.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { type CriClient, connectCri } from '@berth/cri/client/client.ts';
import { DatagramSocket } from '@berth/linux/testing/datagram-socket.ts';
import { type BerthdPaths, layOutBerthd, startBerthd } from '@berth/test-support/berthd.ts';
import { type Daemon, scratchDir } from '@berth/test-support/scratch.ts';
import { until } from '@berth/test-support/until.ts';
import { Client, credentials, Metadata, Server, ServerCredentials } from '@grpc/grpc-js';

const dir = scratchDir('ops');
const notifySocket = join(dir.path, 'notify.sock');
let paths: BerthdPaths;
let berthd: Daemon;
let client: CriClient;
let manager: DatagramSocket;
let reading: NodeJS.Timeout;
let collector: Server;
const raw = (bytes: Buffer) => bytes;
/** The bodies of OTLP export requests. */
const exported: Buffer[] = [];

before(async () => {
  manager = new DatagramSocket(notifySocket);
  reading = setInterval(listen, 50);
  collector = new Server();
  const port = await startCollector(collector);
  paths = layOutBerthd(dir.path, { extra: `tracing: { endpoint: "127.0.0.1:${port}" }\nlogFormat: json\n` });
  // Set for the child that inherits it, which is what systemd does.
  process.env.NOTIFY_SOCKET = notifySocket;
  process.env.WATCHDOG_USEC = '200000';
  berthd = await startBerthd(paths, dir.path);
  delete process.env.NOTIFY_SOCKET;
  delete process.env.WATCHDOG_USEC;
  client = connectCri(paths.socket);
});

after(async () => {
  client?.close();
  await berthd?.stop();
  collector?.forceShutdown();
  clearInterval(reading);
  manager?.[Symbol.dispose]();
  dir[Symbol.dispose]();
});

/** Version as a client calls it that has spans of its own. */
function callVersion(metadata: Metadata): Promise<void> {
  const channel = new Client(`unix:${paths.socket}`, credentials.createInsecure());
  return new Promise<void>((resolve, reject) => {
    const path = '/runtime.v1.RuntimeService/Version';
    channel.makeUnaryRequest(path, raw, raw, Buffer.alloc(0), metadata, (error) =>
      error ? reject(error) : resolve(),
    );
  }).finally(() => channel.close());
}

/** A collector as far as one has to be: it takes what is exported, and answers with an empty message. */
function startCollector(server: Server): Promise<number> {
  server.addService(
    {
      export: {
        path: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
        requestStream: false,
        responseStream: false,
        requestSerialize: raw,
        requestDeserialize: raw,
        responseSerialize: raw,
        responseDeserialize: raw,
      },
    },
    {
      export: (call: { request: Buffer }, callback: (error: null, answer: Buffer) => void) => {
        exported.push(call.request);
        callback(null, Buffer.alloc(0));
      },
    },
  );
  return new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(port),
    );
  });
}

function fetchFromSocket(path: string): Promise<{ status: number | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    get({ socketPath: paths.socket, path }, (response) => {
      text(response).then((body) => resolve({ status: response.statusCode, body }), reject);
    }).once('error', reject);
  });
}

/** Every message that systemd would have heard by now, joined. */
const heard: string[] = [];
function listen(): string {
  for (let message = manager.receive(); message !== undefined; message = manager.receive())
    heard.push(message);
  return heard.join('\n');
}

test('systemd hears that it is ready, and the watchdog that it lives', async () => {
  await until('it is ready', () => listen().includes('READY=1\nSTATUS=Serving the CRI on '), berthd.output);
  await until('the watchdog hears three times', () => listen().split('WATCHDOG=1').length > 3, berthd.output);
});

test('/metrics counts calls and failures, and tells of the process', async () => {
  await client.runtime.version({});
  await assert.rejects(client.runtime.podSandboxStatus({ podSandboxId: 'none' }), { code: 'NOT_FOUND' });
  const { status, body } = await fetchFromSocket('/metrics');
  assert.equal(status, 200);
  assert.match(body, /^container_runtime_berth_operations_total\{operation="Version"\} [1-9]/m);
  assert.match(
    body,
    /^container_runtime_berth_operations_errors_total\{operation="PodSandboxStatus",code="NOT_FOUND"\} 1$/m,
  );
  assert.match(body, /^container_runtime_berth_operations_latency_seconds_bucket\{le="0.001",operation=/m);
  assert.match(body, /^process_resident_memory_bytes [1-9]\d{6,}$/m);
});

test('/debug/pprof takes profiles of CPU and heap', async () => {
  const { nodes, timeDeltas } = JSON.parse((await fetchFromSocket('/debug/pprof/profile?seconds=0.2')).body);
  assert.ok(nodes.length > 0 && timeDeltas.length > 0);
  assert.equal((await fetchFromSocket('/debug/pprof/profile?seconds=soon')).status, 400);
  const heap = JSON.parse((await fetchFromSocket('/debug/pprof/heap')).body);
  assert.ok(heap.snapshot.node_count > 1000);
});

test('a call is a span below that of its caller', async () => {
  const traceId = 'd4cda95b652f4a1592b449d5929fda1b';
  const header = new Metadata();
  header.set('traceparent', `00-${traceId}-6e0c63257de34c92-01`);
  await callVersion(header);
  await until('the span is exported', () =>
    exported.some((body) => body.includes(Buffer.from(traceId, 'hex')) && body.includes('Version')),
  );
});

test('SIGHUP reads the settings again: what can change does, what cannot is named', async () => {
  const config = readFileSync(paths.config, 'utf8');
  writeFileSync(paths.config, `${config}logLevel: debug\nconmon: /other\nrooot: 1\n`);
  berthd.child.kill('SIGHUP');
  await until('it has read them', () => berthd.output().includes('"changed":"logLevel"'));
  assert.match(berthd.output(), /"level":"warning".*"settings":"conmon"/);
  assert.match(berthd.output(), /"level":"warning".*rooot: unknown field, ignored/);
  await client.runtime.version({});
  await until('debug lines are logged', () => /"level":"debug".*Response: Version/.test(berthd.output()));

  writeFileSync(paths.config, `${config}logLevel: loud\n`);
  berthd.child.kill('SIGHUP');
  await until('it has refused them', () =>
    /settings stay as they were.*logLevel: want one of/.test(berthd.output()),
  );
  assert.match(listen(), /RELOADING=1\nMONOTONIC_USEC=\d+\n(?:WATCHDOG=1\n)*READY=1/);
  writeFileSync(paths.config, config);
});

test('systemd hears that it stops', async () => {
  await berthd.stop();
  assert.match(listen(), /STOPPING=1/);
});
