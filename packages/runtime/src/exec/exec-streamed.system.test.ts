// Execs with a client's streams in real containers, with each OCI runtime of the distribution.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Readable, Writable } from 'node:stream';
import { after, before, describe, test } from 'node:test';
import { moveHugetlbToV1 } from '@berth/test-support/hugetlb.ts';
import { until } from '../testing/pod-calls.ts';
import { TestClient } from '../testing/test-client.ts';
import { type TestContainer, TestContainers } from '../testing/test-containers.ts';
import { execProcess } from './exec-process.ts';
import { execStreamed, type StreamedExecOptions } from './exec-streamed.ts';

for (const name of ['crun', 'runc']) {
  describe(`execs with streams, ${name}`, { timeout: 600_000 }, () => {
    let node: TestContainers;
    let container: TestContainer;
    before(async () => {
      moveHugetlbToV1();
      node = new TestContainers(name);
      container = await node.create({ linux: { securityContext: { namespaceOptions: { pid: 1 } } } });
      await container.start();
    });
    after(() => node[Symbol.asyncDispose]());

    const exec = (
      cmd: string[],
      streams: StreamedExecOptions['streams'],
      { tty = false, uid = 0 }: { tty?: boolean; uid?: number } = {},
    ) => {
      const { process } = container.spec;
      assert.ok(process);
      const user = { ...process.user, uid, gid: uid };
      return execStreamed({
        runtime: node.runtime,
        containerId: container.id,
        process: execProcess({ ...process, user }, cmd, { terminal: tty }),
        dir: join(container.dir, 'exec'),
        streams,
      });
    };
    const shell = (script: string, client: TestClient, options?: { tty?: boolean; uid?: number }) =>
      exec(['sh', '-c', script], client.streams, options);
    const running = async (pattern: string) => {
      const client = new TestClient();
      await shell(`ps | grep -c "${pattern}"; true`, client);
      return Number(client.stdout);
    };
    const descriptors = () => readdirSync('/proc/self/fd').length;

    test('output, exit code and signal, and nothing stays behind', async () => {
      const before = descriptors();
      const client = new TestClient();
      assert.equal(await shell('echo out; echo err >&2; exit 3', client), 3);
      assert.deepEqual([client.stdout, client.stderr], ['out\n', 'err\n']);
      assert.equal(client.streams.stdout?.writableFinished, true);
      assert.equal(await shell('kill -9 $$', new TestClient()), 137);
      assert.deepEqual(readdirSync(join(container.dir, 'exec')), []);
      await until(() => descriptors() <= before);
    });

    test('input goes to the command up to its end, byte for byte', async () => {
      const bytes = Buffer.alloc(3_000_000, Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)));
      const client = new TestClient({ stdin: Readable.from([bytes]) });
      assert.equal(await exec(['cat'], client.streams), 0);
      assert.ok(client.stdoutBytes.equals(bytes));
    });

    test('a user who is not root can open the streams again', async () => {
      const client = new TestClient({ stdin: Readable.from(['hello\n']) });
      assert.equal(await shell('cat /dev/stdin > /dev/stdout', client, { uid: 1000 }), 0, client.stderr);
      assert.equal(client.stdout, 'hello\n');
    });

    test('a command that does not read ends, and what the client sends is thrown away', async () => {
      const stdin = new PassThrough();
      const client = new TestClient({ stdin });
      const exited = exec(['true'], client.streams);
      const bytes = Buffer.alloc(1_000_000);
      for (let sent = 0; sent < 5; sent++) await new Promise((resolve) => stdin.write(bytes, resolve));
      assert.equal(await exited, 0);
    });

    test('streams that the client has not asked for are /dev/null', async () => {
      const client = new TestClient({ without: ['stderr'] });
      assert.equal(await shell('cat; echo gone >&2; echo out', client), 0);
      assert.equal(client.stdout, 'out\n');
    });

    test('a slow reader holds the command up, and loses nothing', async () => {
      let taken = 0;
      const { promise: go, resolve: read } = Promise.withResolvers<void>();
      const stdout = new Writable({
        highWaterMark: 1024,
        write: (chunk, _encoding, callback) => {
          void go.then(() => {
            taken += chunk.length;
            callback();
          });
        },
      });
      const slow = exec(['head', '-c', '50000000', '/dev/zero'], { ...new TestClient().streams, stdout });
      await until(() => stdout.writableLength > 0);
      // Without the reader's pace it would have ended, or filled the memory, while another exec comes and goes.
      assert.equal(await running('head -c 5000000[0]'), 1);
      assert.ok(stdout.writableLength < 1_000_000, `${stdout.writableLength} bytes wait in memory`);
      read();
      assert.equal(await slow, 0);
      assert.equal(taken, 50_000_000);
    });

    test('a program that is not there', async () => {
      for (const tty of [false, true]) {
        await assert.rejects(exec(['nosuch'], new TestClient().streams, { tty }), {
          name: 'OciRuntimeError',
          message: /^exec in container [0-9a-f]{16}: .*nosuch.*not found/,
        });
      }
      assert.deepEqual(readdirSync(join(container.dir, 'exec')), []);
    });

    test('what has an open pipe in the background is waited for', async () => {
      const client = new TestClient();
      assert.equal(await shell('(sleep 0.3; echo later) & echo now', client), 0);
      assert.equal(client.stdout, 'now\nlater\n');
    });

    test('a client that goes ends the input and breaks the pipe', async () => {
      const stdin = new PassThrough();
      const reader = new TestClient({ stdin });
      const reading = exec(['cat'], reader.streams);
      const writer = new TestClient();
      const writing = exec(['yes'], writer.streams);
      stdin.write('x');
      await until(() => reader.stdout === 'x' && writer.stdout.length > 0);
      reader.leave();
      writer.leave();
      assert.equal(await reading, 0);
      assert.equal(await writing, 141 /* SIGPIPE */);
    });

    test('a terminal: size, echo, job control, the last of its output', async () => {
      const before = descriptors();
      const stdin = new PassThrough();
      const client = new TestClient({ stdin });
      const exited = shell('trap "exit 7" INT; echo $TERM; while :; do sleep 0.05; done', client, {
        tty: true,
      });
      await until(() => /xterm\r+\n/.test(client.stdout));
      stdin.write('\x03');
      assert.equal(await exited, 7);
      assert.match(client.stdout, /\^C/);
      for (let round = 0; round < 5; round++) {
        const late = new TestClient();
        assert.equal(await exec(['head', '-c', '300000', '/dev/zero'], late.streams, { tty: true }), 0);
        assert.equal(late.stdoutBytes.length, 300_000);
      }
      await until(() => descriptors() <= before);
    });

    test('a terminal whose client reads late loses nothing', async () => {
      for (let round = 0; round < 3; round++) {
        const { promise: go, resolve: read } = Promise.withResolvers<void>();
        let taken = 0;
        const stdout = new Writable({
          highWaterMark: 1,
          write: (chunk, _encoding, callback) => {
            taken += chunk.length;
            void go.then(() => callback());
          },
        });
        const exited = exec(
          ['head', '-c', '9000', '/dev/zero'],
          { ...new TestClient().streams, stdout },
          { tty: true },
        );
        await until(() => taken > 0);
        // Another exec's time, so that the command ends, or fills what is between, before anything is read.
        await running('head');
        read();
        assert.equal(await exited, 0);
        assert.equal(taken, 9000);
      }
    });

    test('a terminal gets the size that the client has, and each new one', async () => {
      const stdin = new PassThrough();
      const client = new TestClient({ stdin });
      client.resize({ width: 100, height: 40 });
      const exited = exec(['sh'], client.streams, { tty: true });
      const size = async (expected: string) => {
        const from = client.stdout.length;
        await until(async () => {
          stdin.write('busybox stty size\n');
          // runc turns the container's own newlines off when the shell may have begun already.
          return client.stdout.slice(from).replaceAll(/\r+\n/g, '\n').includes(`\n${expected}\n`);
        });
      };
      await size('40 100');
      client.resize({ width: 132, height: 50 });
      await size('50 132');
      stdin.write('exit 5\n');
      assert.equal(await exited, 5);
    });

    test('a terminal whose output nobody wants', async () => {
      const client = new TestClient({ stdin: new PassThrough(), without: ['stdout', 'stderr'] });
      assert.equal(await shell('head -c 1000000 /dev/zero; exit 6', client, { tty: true }), 6);
    });

    test('a client that leaves a terminal hangs it up', async () => {
      const client = new TestClient({ stdin: new PassThrough() });
      const exited = shell('sleep 1111 & sleep 1112; true', client, { tty: true });
      await until(async () => (await running('sleep 111[12]')) === 3);
      client.leave();
      assert.equal(await exited, 129 /* SIGHUP */);
      await until(async () => (await running('sleep 111[12]')) === 0);
    });

    test('an exec of a client that has gone already', async () => {
      const client = new TestClient();
      client.leave();
      await assert.rejects(shell('true', client), /gone/);
    });
  });
}
