// Spans as a collector gets them, from crictl as people start it.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { serveCri } from '@berth/cri/server/server.ts';
import { crictl, engines } from '@berth/test-support/crictl.ts';
import { scratchDir } from '@berth/test-support/scratch.ts';
import { Server, ServerCredentials } from '@grpc/grpc-js';

const dir = scratchDir('crictl-tracing');
const socket = join(dir.path, 'cri.sock');
const collector = new Server();
const exported: string[] = [];
const traceParents: (string | undefined)[] = [];
let endpoint = '';
let cri: Awaited<ReturnType<typeof serveCri>>;

const raw = (bytes: Buffer) => bytes;

before(async () => {
  cri = await serveCri({
    socketPath: socket,
    runtime: {
      version: async () => ({
        version: '0.1.0',
        runtimeName: 'test',
        runtimeVersion: '1',
        runtimeApiVersion: 'v1',
      }),
    },
    image: {},
    around: (call, run) => {
      traceParents.push(call.header('traceparent'));
      return run();
    },
  });
  const method = {
    requestStream: false,
    responseStream: false,
    requestSerialize: raw,
    requestDeserialize: raw,
  } as const;
  const path = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
  collector.addService(
    { export: { ...method, path, responseSerialize: raw, responseDeserialize: raw } },
    {
      export: (call: { request: Buffer }, callback: (error: null, answer: Buffer) => void) => {
        exported.push(call.request.toString('latin1'));
        callback(null, Buffer.alloc(0));
      },
    },
  );
  const port = await promisify(collector.bindAsync.bind(collector))(
    '127.0.0.1:0',
    ServerCredentials.createInsecure(),
  );
  endpoint = `127.0.0.1:${port}`;
});

after(async () => {
  collector.forceShutdown();
  await cri.close();
  dir[Symbol.dispose]();
});

for (const engine of engines) {
  const version = async (...flags: string[]) => {
    exported.length = 0;
    traceParents.length = 0;
    const args = ['-r', socket, '--enable-tracing', '--tracing-endpoint', endpoint, ...flags, 'version'];
    const env = { PATH: process.env['PATH'], BERTH_CRICTL_ENGINE: engine };
    return await promisify(execFile)(crictl, args, { env });
  };

  test(`a call is a span, and its trace goes on in the runtime, by ${engine}`, async () => {
    const { stdout, stderr } = await version();
    assert.match(stdout, /^RuntimeName: {2}test$/m);
    assert.equal(stderr, '');
    assert.equal(exported.length, 1);
    assert.match(exported[0] ?? '', /runtime\.v1\.RuntimeService\/Version/);
    const [, trace = '', span = ''] =
      /^00-([0-9a-f]{32})-([0-9a-f]{16})-01$/.exec(traceParents[0] ?? '') ?? [];
    for (const id of [trace, span]) {
      assert.notEqual(id, '');
      assert.ok(exported[0]?.includes(Buffer.from(id, 'hex').toString('latin1')), id);
    }
  });

  test(`with a rate of 0 nothing is sampled, by ${engine}`, async () => {
    await version('--tracing-sampling-rate-per-million', '0');
    assert.deepEqual(exported, []);
    assert.match(traceParents[0] ?? '', /-00$/);
  });

  test(`a collector that is not there is told of and harms nothing, by ${engine}`, async () => {
    const { stdout, stderr } = await version('--tracing-endpoint', '127.0.0.1:1');
    assert.match(stdout, /^RuntimeName: {2}test$/m);
    assert.match(stderr, /level=error msg="Unable to shutdown tracer provider: .*127\.0\.0\.1:1/);
  });
}
