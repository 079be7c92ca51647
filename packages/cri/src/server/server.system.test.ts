// Both clients and the server over a real Unix socket.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer, request } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { onceAborted } from '@berth/common/abort.ts';
import { until } from '@berth/test-support/until.ts';
import { type CriClient, connectCri } from '../client/client.ts';
import { connectCriLight } from '../client/http2-client.ts';
import { CriError } from '../errors/cri-error.ts';
import { type FinishedCall, serveCri } from './server.ts';

const dir = mkdtempSync(join(tmpdir(), 'cri-'));
after(() => rmSync(dir, { recursive: true }));

type Connect = typeof connectCri;

/** Each test of a client runs with either. */
const testBoth = (name: string, run: (connect: Connect) => Promise<void>) => {
  test(`${name} (@grpc/grpc-js)`, () => run(connectCri));
  test(`${name} (own HTTP/2)`, () => run(connectCriLight));
};

/** Runs `use` against a server with a few handlers, and closes both ends. */
async function withServer(
  connect: Connect,
  name: string,
  use: (
    client: CriClient,
    server: { socketPath: string; calls: FinishedCall[]; waiting: string[]; aborted: string[] },
  ) => Promise<void>,
): Promise<void> {
  const socketPath = join(dir, `${name}.sock`);
  const calls: FinishedCall[] = [];
  const waiting: string[] = [];
  const aborted: string[] = [];
  const untilAborted = async (rpc: string, signal: AbortSignal) => {
    waiting.push(rpc);
    await onceAborted(signal);
    aborted.push(rpc);
  };
  const server = await serveCri({
    socketPath,
    onCall: (call) => calls.push(call),
    runtime: {
      version: async ({ version }) => ({ version, runtimeName: 'test' }),
      podSandboxStatus: async ({ podSandboxId }) => {
        throw new CriError('NOT_FOUND', `no sandbox "${podSandboxId}": ü\n100%`);
      },
      stopPodSandbox: async () => {
        throw Object.assign(new Error('busy'), { criCode: 'FAILED_PRECONDITION' });
      },
      removePodSandbox: async () => {
        throw new Error('x'.repeat(100_000));
      },
      execSync: async ({ cmd }, { signal }) => {
        if (cmd[0] === 'wait') await untilAborted('execSync', signal);
        return { stdout: Buffer.alloc(Number(cmd[0] ?? 0), 'o'), exitCode: 3 };
      },
      getContainerEvents: async function* (_request, { signal }) {
        for (let index = 0; index < 2000; index++)
          yield { containerId: `c${index}`, createdAt: BigInt(index) };
        await untilAborted('getContainerEvents', signal);
      },
      streamContainers: async function* () {
        yield { containers: [{ id: 'one' }] };
        throw new CriError('ABORTED', 'half way');
      },
    },
    image: { imageFsInfo: async () => ({ imageFilesystems: [{ usedBytes: { value: 2n ** 63n } }] }) },
  });
  const client = connect(`unix://${socketPath}`);
  try {
    await use(client, { socketPath, calls, waiting, aborted });
  } finally {
    client.close();
    await server.close();
  }
  assert.equal(existsSync(socketPath), false, 'the socket is gone');
}

testBoth('unary calls carry messages both ways', async (connect) => {
  await withServer(connect, 'unary', async (client, { calls }) => {
    const version = await client.runtime.version({ version: 'v1' });
    assert.deepEqual([version.version, version.runtimeName, version.runtimeVersion], ['v1', 'test', '']);
    const { stdout, exitCode } = await client.runtime.execSync({ cmd: ['5000000'] });
    assert.deepEqual([stdout.length, exitCode], [5_000_000, 3]);
    const info = await client.image.imageFsInfo({});
    assert.equal(info.imageFilesystems[0]?.usedBytes?.value, 2n ** 63n);
    assert.deepEqual(
      calls.map(({ rpc, code }) => `${rpc} ${code}`),
      ['Version OK', 'ExecSync OK', 'ImageFsInfo OK'],
    );
  });
});

testBoth('errors keep their code and their words', async (connect) => {
  await withServer(connect, 'errors', async ({ runtime, image }, { calls }) => {
    await assert.rejects(runtime.podSandboxStatus({ podSandboxId: 'p' }), {
      name: 'CriError',
      code: 'NOT_FOUND',
      message: 'no sandbox "p": ü\n100%',
      rpc: 'PodSandboxStatus',
    });
    await assert.rejects(runtime.stopPodSandbox({}), { code: 'FAILED_PRECONDITION', message: 'busy' });
    await assert.rejects(runtime.removePodSandbox({}), { code: 'UNKNOWN', message: /^x{8000}/ });
    await assert.rejects(runtime.attach({}), {
      code: 'UNIMPLEMENTED',
      message: /RPC Attach is not implemented/,
    });
    await assert.rejects(image.pullImage({}), { code: 'UNIMPLEMENTED', rpc: 'PullImage' });
    assert.ok(calls[0]?.error instanceof CriError);
  });
});

testBoth('messages beyond 16 MiB are refused in both directions', async (connect) => {
  await withServer(connect, 'size', async ({ runtime }) => {
    await assert.rejects(runtime.execSync({ cmd: [String(17 * 1024 * 1024)] }), {
      code: 'RESOURCE_EXHAUSTED',
    });
    await assert.rejects(runtime.version({ version: 'x'.repeat(17 * 1024 * 1024) }), {
      code: 'RESOURCE_EXHAUSTED',
    });
    assert.equal((await runtime.version({ version: 'y' })).version, 'y', 'the connection is still good');
  });
});

testBoth('deadlines and cancelling reach the handler', async (connect) => {
  await withServer(connect, 'cancel', async ({ runtime }, { waiting, aborted }) => {
    await assert.rejects(runtime.execSync({ cmd: ['wait'] }, { timeoutMs: 300 }), {
      code: 'DEADLINE_EXCEEDED',
    });
    const abort = new AbortController();
    const call = runtime.execSync({ cmd: ['wait'] }, { signal: abort.signal });
    const cancelled = assert.rejects(call, { code: 'CANCELLED' });
    await until('the second call is in its handler', () => waiting.length === 2);
    abort.abort();
    await cancelled;
    await assert.rejects(runtime.version({}, { signal: AbortSignal.abort() }), { code: 'CANCELLED' });
    await until('both handlers hear', () => aborted.length >= 2);
    assert.deepEqual(aborted, ['execSync', 'execSync']);
    assert.deepEqual(waiting, aborted, 'a call that was cancelled before it began reaches no handler');
  });
});

testBoth(
  'streams deliver in order, end with their error, and stop when the caller leaves',
  async (connect) => {
    await withServer(connect, 'streams', async ({ runtime }, { aborted }) => {
      let next = 0n;
      for await (const event of runtime.getContainerEvents({})) {
        assert.equal(event.createdAt, next);
        next += 1n;
        if (next === 2000n) break;
      }
      await until('the handler hears', () => aborted.length > 0);
      assert.deepEqual(aborted, ['getContainerEvents']);
      const seen: string[] = [];
      await assert.rejects(
        async () => {
          for await (const { containers } of runtime.streamContainers({})) seen.push(containers[0]?.id ?? '');
        },
        { code: 'ABORTED', message: 'half way' },
      );
      assert.deepEqual(seen, ['one']);
    });
  },
);

test('plain HTTP on the same socket gets 404', async () => {
  await withServer(connectCri, 'http', async (client, { socketPath }) => {
    const get = request({ socketPath, path: '/', headers: { host: 'localhost' } }).end();
    const [response] = await once(get, 'response');
    assert.equal(response.statusCode, 404);
    response.resume();
    assert.equal((await client.runtime.version({ version: 'v1' })).version, 'v1');
  });
});

testBoth('a client connects again after the server came back', async (connect) => {
  const client = connect(join(dir, 'again.sock'));
  await assert.rejects(client.runtime.version({}), {
    code: 'UNAVAILABLE',
    message: /dial unix .*again.sock: connect: no such file or directory/,
  });
  for (let round = 0; round < 3; round++) {
    await withServer(connect, 'again', async (_, { socketPath }) => {
      assert.equal(statSync(socketPath).mode & 0o777, 0o660);
      // After the failed connect the client waits a moment before it tries again.
      if (round === 0)
        await until('the client connects', () => client.runtime.version({}).catch(() => undefined));
      assert.equal((await client.runtime.version({ version: String(round) })).version, String(round));
    });
  }
  client.close();
});

testBoth('a socket of somebody who does not speak gRPC is told apart', async (connect) => {
  const silent: Socket[] = [];
  const cases: [name: string, server: Server, code: string, message: RegExp][] = [
    [
      'closes',
      createServer((socket) => socket.destroy()),
      'UNAVAILABLE',
      /^connection error: desc = "error reading server preface: read unix .*: the server closed the connection"$/,
    ],
    [
      'http',
      createHttpServer((_, response) => response.end('hello')),
      'UNAVAILABLE',
      /^connection error: .*: the server does not speak HTTP\/2, as gRPC does"$/,
    ],
    [
      'silent',
      createServer((socket) => silent.push(socket)),
      'DEADLINE_EXCEEDED',
      /^context deadline exceeded while waiting for connections to become ready$/,
    ],
  ];
  for (const [name, server, code, message] of cases) {
    const path = join(dir, `${name}.sock`);
    server.listen(path);
    await once(server, 'listening');
    const client = connect(path, { timeoutMs: 400 });
    await assert.rejects(client.runtime.version({}), { code, message }, name);
    client.close();
    // The library lets go of a connection that never came about only when the other side does.
    for (const socket of silent) socket.destroy();
    server.close();
  }
});

testBoth('a call in flight fails when the server goes', async (connect) => {
  const client = connect(join(dir, 'gone.sock'));
  let call: Promise<unknown> = Promise.resolve();
  await withServer(connect, 'gone', async (_, { waiting }) => {
    call = assert.rejects(client.runtime.execSync({ cmd: ['wait'] }), { code: /UNAVAILABLE|CANCELLED/ });
    await until('the call is in its handler', () => waiting.length > 0);
  });
  await call;
  client.close();
});

test('a live server keeps its socket, a dead one loses it', async () => {
  await withServer(connectCri, 'live', async (_, { socketPath }) => {
    await assert.rejects(serveCri({ socketPath, runtime: {}, image: {} }), /in use by a running server/);
  });
  const stale = join(dir, 'stale.sock');
  // A Unix socket file that nobody listens on any more: bound by a server whose file was renamed first.
  const dead = createServer().listen(`${stale}.tmp`);
  await once(dead, 'listening');
  renameSync(`${stale}.tmp`, stale);
  dead.close();
  await once(dead, 'close');
  await (await serveCri({ socketPath: stale, runtime: {}, image: {} })).close();
  writeFileSync(stale, '');
  await assert.rejects(serveCri({ socketPath: stale, runtime: {}, image: {} }), /is not a socket/);
});
