// The real crictl v1.36.0 streams with berthd over SPDY and WebSockets: exec, attach, port-forward.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type RealCrictl, startRealCrictl } from '@berth/test-support/real-crictl.ts';
import { freePort } from '@berth/test-support/registry.ts';

let crictl: RealCrictl;
let container: string;
let pod: string;
before(async () => {
  crictl = await startRealCrictl({ name: 'rcstream' });
  const serve = 'mkdir /tmp/www; echo served > /tmp/www/index.html; exec httpd -f -p 8080 -h /tmp/www';
  ({ pod, container } = await crictl.pod('streams', ['sh', '-c', serve]));
});
after(() => crictl[Symbol.asyncDispose]());

for (const transport of ['spdy', 'websocket']) {
  test(`exec by ${transport}: output, error output, exit code`, async () => {
    const script = 'echo to-out; echo to-err >&2; exit 5';
    const ended = await crictl.run('exec', '--transport', transport, container, 'sh', '-c', script);
    assert.equal(ended.out, 'to-out\n');
    assert.match(ended.err, /^to-err$/m);
    assert.match(ended.err, /exit(ed)?( with)?( code)? 5|exit status 5/);
    assert.notEqual(ended.code, 0);
    const fine = await crictl.run('exec', '--transport', transport, container, 'true');
    assert.equal(fine.code, 0, fine.err);
  });

  test(`exec -i by ${transport}: standard input until its end`, async () => {
    using exec = crictl.start([
      'exec',
      '-i',
      '--transport',
      transport,
      container,
      'sh',
      '-c',
      'cat; echo end',
    ]);
    exec.write('first\n');
    await exec.printed(/first/);
    exec.write('second\n');
    exec.end();
    const { code, out, err } = await exec.exit();
    assert.equal(code, 0, err);
    assert.equal(out, 'first\nsecond\nend\n');
  });

  test(`exec -it by ${transport}: a shell on a terminal of the client's size`, async () => {
    using exec = crictl.start(['exec', '-it', '--transport', transport, container, 'sh'], {
      onTerminal: { rows: 41, columns: 133 },
    });
    await exec.printed(/# /);
    exec.write('busybox stty size; echo $((6 * 7)); test -t 0 && test -t 1 && echo both\n');
    await exec.printed(/^both\r$/m);
    assert.match(exec.out(), /^41 133\r$/m);
    assert.match(exec.out(), /^42\r$/m);
    // Control-C interrupts what runs on the terminal, not crictl.
    // One process of its own group says so and sleeps: a Ctrl-C between two would end neither.
    exec.write(`sh -c 'echo asleep; exec sleep 100'\n`);
    await exec.printed(/^asleep\r$/m);
    exec.write('\x03');
    exec.write('echo after; exit 0\n');
    await exec.printed(/^after\r$/m);
    const { code, out } = await exec.exit();
    assert.equal(code, 0, out);
  });

  test(`attach -i by ${transport}: talks with the container's own process`, async () => {
    const config = { stdin: true, stdin_once: false };
    const talk = [
      'sh',
      '-c',
      'while read line; do echo "got $line"; echo "err $line" >&2; done; echo closed',
    ];
    const { pod: other, container: main } = await crictl.pod(`attached-${transport}`, talk, config);
    using attach = crictl.start(['attach', '-i', '--transport', transport, main]);
    // What is written before crictl is attached waits for it.
    attach.write('hello\n');
    await attach.printed(/got hello/);
    await attach.printed(/err hello/);
    attach.write('again\n');
    await attach.printed(/got again/);
    assert.match(await crictl.ok('logs', main), /got hello\ngot again/);
    // crictl v1.36.0 does not end at the first interrupt; a client that vanishes is the harder case anyway.
    attach.kill();
    await attach.exit();
    assert.equal(await crictl.ok('ps', '-q', '--no-trunc', '--name', 'attached'), main);
    await crictl.ok('rmp', '-f', other);
  });

  test(`port-forward by ${transport}: connections into the pod, one after another and at once`, async () => {
    const port = await freePort();
    using forward = crictl.start(['port-forward', '--transport', transport, pod, `${port}:8080`]);
    await forward.printed(/Forwarding from 127\.0\.0\.1/);
    const get = async () =>
      (await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } })).text();
    assert.equal(await get(), 'served\n');
    assert.equal(await get(), 'served\n');
    assert.deepEqual(
      await Promise.all(Array.from({ length: 20 }, get)),
      Array.from({ length: 20 }, () => 'served\n'),
    );
    forward.interrupt();
    await forward.exit();
  });
}

test('attach -it: a container with a terminal', async () => {
  const config = { stdin: true, tty: true };
  const { pod: other, container: main } = await crictl.pod('terminal', ['sh'], config);
  using attach = crictl.start(['attach', '-it', main], { onTerminal: { rows: 30, columns: 101 } });
  attach.write('echo $((40 + 2)); busybox stty size\n');
  await attach.printed(/^42\r$/m);
  await attach.printed(/^30 101\r$/m);
  attach.write('exit\n');
  await attach.exit();
  await crictl.ok('rmp', '-f', other);
});

test('a port that nobody listens on is an error of that connection only', async () => {
  const port = await freePort();
  using forward = crictl.start(['port-forward', pod, `${port}:8081`]);
  await forward.printed(/Forwarding from 127\.0\.0\.1/);
  await assert.rejects(fetch(`http://127.0.0.1:${port}/`), { message: 'fetch failed' });
  await forward.printed(/error.*8081|8081.*refused|refused/i);
  assert.equal(await crictl.ok('exec', container, 'echo', 'alive'), 'alive');
});

test('nothing is left when the pod is gone', async () => {
  await crictl.ok('rmp', '-f', pod);
  assert.deepEqual(await crictl.node.leftovers(), []);
});
