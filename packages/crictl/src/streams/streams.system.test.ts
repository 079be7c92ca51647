// crictl exec, attach and port-forward without a terminal, on berthd and on Debian's containerd, by both transports.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { buffer, text } from 'node:stream/consumers';
import { after, before, suite, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { freePort } from '@berth/test-support/registry.ts';
import { until } from '@berth/test-support/until.ts';
import { StreamRuntime } from '../testing/stream-runtimes.ts';

for (const name of ['berthd', 'containerd'] as const) {
  suite(name, () => {
    let runtime: StreamRuntime;
    let id = '';
    let port = 0;
    before(async () => {
      runtime = await StreamRuntime.start(name);
      port = await freePort();
      const serve = `mkdir /tmp/www; echo served >/tmp/www/index.html; httpd -f -p 127.0.0.1:${port} -h /tmp/www`;
      id = await runtime.container('main', serve, { labels: { group: 'one' } });
      await until('the web server answers', async () => (await get(port)) === 'served\n');
    });
    after(() => runtime?.[Symbol.asyncDispose]());

    for (const transport of ['spdy', 'websocket'] as const) {
      // containerd speaks v4 over WebSockets, which cannot tell the end of input, and no tunnel.
      const isWhole = name === 'berthd' || transport === 'spdy';

      test(`exec by ${transport}: output, error output, exit code`, async () => {
        const script = 'echo out; echo err >&2; exit 5';
        const ended = await runtime.run(['exec', '-r', transport, id, 'sh', '-c', script]);
        assert.equal(ended.out, 'out\n');
        assert.match(ended.err, /^err$/m);
        const told = `execing command in container ${id}: command terminated with exit code 5`;
        assert.ok(ended.err.includes(`level=fatal msg="${told}"`), ended.err);
        assert.equal(ended.code, 1);
        const fine = await runtime.run(['exec', '-r', transport, id, 'true']);
        assert.deepEqual(fine, { code: 0, out: '', err: '' });
      });

      test(`exec by ${transport}: a reader that stops costs little memory, and Ctrl-C works`, async () => {
        const [program = '', ...args] = runtime.argv('exec', '-r', transport, id, 'cat', '/dev/zero');
        const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: 300_000 });
        const told = text(child.stderr);
        await once(child.stdout, 'readable');
        // From its first octet on it would take gigabytes in this time.
        await setTimeout(3000);
        const rss = Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]);
        assert.ok(rss > 0 && rss < 200_000, `${rss} kB`);
        child.kill('SIGINT');
        const [code] = await once(child, 'exit');
        assert.equal(code, 1);
        assert.match(await told, /interrupted: context canceled/);
      });

      test(`port-forward by ${transport}: several ports, many connections, until Ctrl-C`, async () => {
        const local = await freePort();
        const args = ['port-forward', '-r', transport, runtime.pod, `${local}:${port}`, `:${port}`];
        using forward = runtime.start(...args);
        if (!isWhole) {
          const { code, err } = await forward.exit();
          assert.equal(code, 1);
          assert.match(err, /error upgrading connection: .*websocket: bad handshake \(403 Forbidden\)/);
          return;
        }
        await forward.printed(/(Forwarding from [\s\S]*){3}/);
        const other = Number(
          forward
            .out()
            .match(/127.0.0.1:\d+/g)?.[1]
            ?.split(':')[1],
        );
        const ports = [local, other];
        const answers = await Promise.all(
          Array.from({ length: 20 }, (_, index) => get(ports[index % 2] ?? 0)),
        );
        assert.deepEqual(new Set(answers), new Set(['served\n']));
        assert.equal(await get(other, '::1'), 'served\n');
        forward.interrupt();
        const { code, out, err } = await forward.exit();
        assert.deepEqual([code, err], [0, '']);
        const start = ['127.0.0.1', '[::1]'].map(
          (address) => `Forwarding from ${address}:${local} -> ${port}\n`,
        );
        assert.ok(out.startsWith(start.join('')), out);
        assert.equal(out.match(new RegExp(`^Handling connection for ${other}$`, 'gm'))?.length, 11);
      });

      if (!isWhole) {
        test(`exec -i by ${transport} is refused, for the input's end could not be told`, async () => {
          const { code, err } = await runtime.run(['exec', '-i', '-r', transport, id, 'cat']);
          assert.equal(code, 1);
          assert.match(err, /websocket: bad handshake \(403 Forbidden\)/);
        });
        continue;
      }

      test(`exec -i by ${transport}: input to its end, byte for byte`, async () => {
        const input = randomBytes(5_000_000);
        const [program = '', ...args] = runtime.argv(
          'exec',
          '-i',
          '-r',
          transport,
          id,
          'sh',
          '-c',
          'cat; echo end',
        );
        // More than once: an end may come at any moment of a reader's.
        for (let round = 0; round < 8; round++) {
          const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'], timeout: 300_000 });
          child.stdin.end(input);
          const [output, [code]] = await Promise.all([buffer(child.stdout), once(child, 'close')]);
          assert.equal(code, 0);
          assert.equal(Buffer.compare(output, Buffer.concat([input, Buffer.from('end\n')])), 0);
        }
      });

      // containerd 1.6 hangs on it now and then, whatever client it is.
      const skip = name === 'containerd' && 'containerd hangs on it';
      test(`exec -i by ${transport} of a command that reads nothing`, { skip }, async () => {
        using exec = runtime.start('exec', '-i', '-r', transport, id, 'true');
        exec.write('x'.repeat(1_000_000));
        assert.equal((await exec.exit()).code, 0);
      });

      test(`attach -i by ${transport}: talks with the container's process and sees its end`, async () => {
        const talk = 'while read line; do echo "got $line"; echo "err $line" >&2; done; echo closed; exit 3';
        const main = await runtime.container(`talk-${transport}`, talk, { stdin: true, stdinOnce: true });
        using attach = runtime.start('attach', '-i', '-r', transport, main);
        attach.write('hello\n');
        await attach.printed(/^got hello$/m);
        await attach.printed(/^err hello$/m);
        attach.write('again\n');
        attach.end();
        const { code, out, err } = await attach.exit();
        assert.equal(out, 'got hello\ngot again\nclosed\n', err);
        assert.equal(code, 0);
      });
    }

    test('exec in several containers: ids before the output, the input to all, errors of all', async () => {
      const sleep = 'exec sleep 1000';
      const two = await runtime.container('two', sleep, { labels: { group: 'one' } });
      await runtime.container('third', sleep, { labels: { group: 'other' } });
      const said = await runtime.run(['exec', '-i', '--label', 'group=one', 'cat'], 'to all\n');
      const lines = [`${id}:`, `${two}:`, 'to all', 'to all'];
      assert.deepEqual(said.out.trimEnd().split('\n').toSorted(), lines.toSorted());
      const quiet = await runtime.run(['exec', '-q', '--label', 'group=one', 'sh', '-c', 'echo hi; exit 2']);
      assert.equal(quiet.out, 'hi\nhi\n');
      for (const one of [id, two])
        assert.ok(
          quiet.err.includes(`execing command in container ${one}: command terminated with exit code 2`),
        );
      assert.equal(quiet.code, 1);
      const ignored = await runtime.run(['exec', '-x', '-e', '--label', 'group=one', 'sh', '-c', 'exit 2']);
      assert.deepEqual([ignored.code, ignored.out], [0, '']);
      assert.match(ignored.err, /level=warning msg="The `--ignore-errors` option has been set/);
    });

    test('exec --sync: output afterwards, error output of a failure in its message, a limit', async () => {
      const sync = (...args: string[]) => runtime.run(['exec', '-s', ...args]);
      assert.equal((await sync(id, 'sh', '-c', 'echo out; echo err >&2')).out, 'out\n\nerr\n\n');
      const failed = await sync(id, 'sh', '-c', 'echo out; echo err >&2; exit 3');
      assert.deepEqual([failed.code, failed.out], [1, '']);
      assert.match(failed.err, /synchronously: command 'sh -c .*' exited with 3: err\\n"$/m);
      const late = await sync('--timeout', '1', id, 'sleep', '20');
      assert.match(late.err, /synchronously: command timed out: \\"sleep 20\\" timed out after 1s/);
    });

    test('a terminal is needed for -t, and input with it', async () => {
      for (const [args, message] of [
        [['exec', '-it', id, 'sh'], /input is not a terminal/],
        [['exec', '-t', id, 'sh'], /tty=true must be specified with interactive=true/],
        [['attach', '-t', id], /attaching running container failed: tty=true must/],
      ] as const) {
        const { code, err } = await runtime.run([...args]);
        assert.equal(code, 1);
        assert.match(err, message);
      }
    });

    test('port-forward: a port in use, and one that nobody serves', async () => {
      const taken = createServer();
      await new Promise<void>((resolve) => taken.listen(0, '::', resolve));
      const address = taken.address();
      const used = typeof address === 'object' && address !== null ? address.port : 0;
      const busy = await runtime.run(['port-forward', runtime.pod, `${used}:${port}`]);
      taken.close();
      assert.equal(busy.code, 1);
      assert.ok(
        busy.err.startsWith(`Unable to listen on port ${used}: Listeners failed to create`),
        busy.err,
      );
      assert.match(busy.err, /unable to listen on any of the requested ports: \[\{\d+ \d+\}\]/);

      const nobody = await freePort();
      using forward = runtime.start('port-forward', runtime.pod, `:${nobody}`);
      await forward.printed(/Forwarding from \[::1\]/);
      const local = Number(/127.0.0.1:(\d+)/.exec(forward.out())?.[1]);
      // A client that waits is cut off too.
      const waiting = connect(local, '127.0.0.1').on('error', () => {});
      await once(waiting, 'close');
      const { code, err } = await forward.exit();
      assert.equal(code, 1);
      assert.match(
        err,
        new RegExp(`level=error msg="an error occurred forwarding ${local} -> ${nobody}: .*refused`),
      );
      assert.match(err, /level=fatal msg="port forward: lost connection to pod"/);
    });
  });
}

/** What a web server on this port answers; nothing when there is none. */
async function get(port: number, host = '127.0.0.1'): Promise<string> {
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}/`;
  try {
    return await (await fetch(url, { headers: { connection: 'close' } })).text();
  } catch {
    return '';
  }
}
