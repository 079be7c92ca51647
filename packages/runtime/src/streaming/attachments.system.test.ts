// Attaching to real containers under conmon.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { after, before, describe, test } from 'node:test';
import { processStat } from '@berth/linux/processes/process.ts';
import { moveHugetlbToV1 } from '@berth/test-support/hugetlb.ts';
import { reopenLog } from '../conmon/control.ts';
import { until } from '../testing/pod-calls.ts';
import { TestClient } from '../testing/test-client.ts';
import { type TestContainer, TestContainers } from '../testing/test-containers.ts';
import type { AttachOptions } from './attached-container.ts';
import { Attachments } from './attachments.ts';

describe('attach', { timeout: 600_000 }, () => {
  let node: TestContainers;
  const attachments = new Attachments();
  before(() => {
    moveHugetlbToV1();
    node = new TestContainers('crun');
  });
  after(async () => {
    attachments[Symbol.dispose]();
    await node[Symbol.asyncDispose]();
  });

  const ownPid = { linux: { securityContext: { namespaceOptions: { pid: 1 as const } } } };
  interface Streams {
    stdin?: boolean;
    stdinOnce?: boolean;
    tty?: boolean;
  }
  const start = async (script: string, streams: Streams = {}) => {
    const container = await node.create({ ...ownPid, ...streams, command: ['sh', '-c', script] });
    return container;
  };
  const attach = (container: TestContainer, client: TestClient, streams: Streams = {}) => {
    const { stdin = false, stdinOnce = false, tty = false } = streams;
    const options: AttachOptions = {
      bundle: container.dir,
      stdin,
      stdinOnce,
      tty,
      streams: client.streams,
    };
    return attachments.attach(options);
  };
  const kill = (container: TestContainer) => process.kill(container.started.containerPid, 'SIGKILL');

  test('both outputs from the first byte to the last, until the container ends', async () => {
    const before = readdirSync('/proc/self/fd').length;
    const container = await start('echo out; echo err >&2; head -c 3000000 /dev/zero; echo last');
    const client = new TestClient();
    const attached = attach(container, client);
    await container.start();
    await attached;
    assert.equal(client.stdoutBytes.length, 'out\n'.length + 3_000_000 + 'last\n'.length);
    assert.equal(client.stdout.endsWith('last\n'), true);
    assert.equal(client.stderr, 'err\n');
    await until(() => readdirSync('/proc/self/fd').length <= before);
    await container.ended();
    await assert.rejects(attach(container, new TestClient()), { name: 'SyscallError' });
  });

  test('an input that ends once ends for the container, which goes on', async () => {
    const streams = { stdin: true, stdinOnce: true };
    const container = await start('cat; echo end of input; sleep 0.1; echo bye', streams);
    await container.start();
    const stdin = new PassThrough();
    const client = new TestClient({ stdin });
    const attached = attach(container, client, streams);
    const bytes = Buffer.alloc(200_000, 'ab');
    stdin.end(bytes);
    await attached;
    assert.equal(client.stdout, `${bytes}end of input\nbye\n`);
  });

  test('an input that stays open is there for the next client', async () => {
    const streams = { stdin: true };
    const container = await start('cat', streams);
    await container.start();
    for (const text of ['one\n', 'two\n']) {
      const stdin = new PassThrough();
      const client = new TestClient({ stdin });
      const attached = attach(container, client, streams);
      stdin.write(text);
      await until(() => client.stdout === text);
      stdin.end();
      await attached;
    }
    kill(container);
    await container.ended();
  });

  test('a client without input sees all, and leaves when it likes', async () => {
    const container = await start('while :; do echo tick; sleep 0.02; done', { stdin: true });
    await container.start();
    const client = new TestClient();
    const attached = attach(container, client, { stdin: true });
    await until(() => client.stdout.startsWith('tick\ntick\n'));
    client.leave();
    await attached;
    kill(container);
    await container.ended();
  });

  test('input of a client for a container that has none is thrown away', async () => {
    const container = await start('sleep 0.3; echo out');
    await container.start();
    const stdin = new PassThrough();
    const client = new TestClient({ stdin });
    const attached = attach(container, client);
    for (let sent = 0; sent < 3; sent++) {
      await new Promise((resolve) => stdin.write(Buffer.alloc(1_000_000), resolve));
    }
    stdin.end();
    await attached;
    assert.equal(client.stdout, 'out\n');
  });

  test('a terminal: input, size, echo', async () => {
    const streams = { stdin: true, tty: true };
    const container = await start('while read line; do busybox stty size; done', streams);
    await container.start();
    const stdin = new PassThrough();
    const client = new TestClient({ stdin });
    const attached = attach(container, client, streams);
    client.resize({ width: 132, height: 5000 });
    await until(() => {
      stdin.write('\n');
      return client.stdout.includes('\r\n1000 132\r\n');
    });
    kill(container);
    await attached;
    await container.ended();
  });

  test('a slow reader costs no memory and loses nothing', async () => {
    const container = await start('head -c 5000000 /dev/zero | busybox tr "\\0" "\\n"; echo last');
    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    let taken = 0;
    const stdout = new Writable({
      highWaterMark: 16_384,
      write: (chunk: Buffer, _encoding, callback) => {
        void gate.then(() => {
          taken += chunk.length;
          callback();
        });
      },
    });
    const client = new TestClient();
    const attached = attachments.attach({
      bundle: container.dir,
      stdin: false,
      stdinOnce: false,
      tty: false,
      streams: { ...client.streams, stdout },
    });
    await container.start();
    await until(() => stdout.writableLength > 0);
    // Without the reader's pace the container would have ended by the time that another has lived.
    const other = await start('true');
    await other.start();
    await other.ended();
    assert.ok(stdout.writableLength < 1_000_000, `${stdout.writableLength} bytes wait in memory`);
    assert.notEqual(processStat(container.started.containerPid), undefined);
    release();
    await attached;
    assert.equal(taken, 5_000_000 + 'last\n'.length);
    await container.ended();
  });

  test('rotation of the log while a client is attached', async () => {
    const container = await start('i=0; while :; do i=$((i+1)); echo $i; sleep 0.01; done');
    const client = new TestClient();
    const attached = attach(container, client);
    await container.start();
    const log = join(container.dir, 'log');
    for (let rotation = 1; rotation <= 3; rotation++) {
      await until(() => client.stdout.length > rotation * 10 && readFileSync(log, 'utf8').length > 0);
      renameSync(log, `${log}.${rotation}`);
      await reopenLog(container.dir, log);
    }
    assert.ok(readFileSync(`${log}.3`, 'utf8').length > 0);
    client.leave();
    await attached;
    const lines = client.stdout.trim().split('\n').map(Number);
    lines.pop();
    assert.deepEqual(
      lines,
      lines.map((_, index) => index + 1),
    );
    kill(container);
    await container.ended();
  });
});
