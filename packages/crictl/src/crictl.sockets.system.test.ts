// Where crictl looks for its runtime, and what it says when nobody useful is there.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { serveCri } from '@berth/cri/server/server.ts';
import { engineOfTests, crictl as program } from '@berth/test-support/crictl.ts';
import { scratchDir } from '@berth/test-support/scratch.ts';

const dir = scratchDir('crictl-sockets');
const socket = (name: string) => join(dir.path, `${name}.sock`);
const file = (name: string, text: string) => {
  const path = join(dir.path, name);
  writeFileSync(path, text);
  return path;
};
const closing: (() => unknown)[] = [];

/** A runtime that says its name to `version` and lists an image of that name. */
async function runtime(name: string): Promise<void> {
  const server = await serveCri({
    socketPath: socket(name),
    runtime: { version: async () => ({ runtimeName: name }) },
    image: { listImages: async () => ({ images: [{ id: name, repoTags: [`${name}:1`] }] }) },
  });
  closing.push(() => server.close());
}

before(async () => {
  await runtime('one');
  await runtime('two');
  const silent = createServer((connection) => connection.on('error', () => {}).resume()).listen(
    socket('silent'),
  );
  await once(silent, 'listening');
  closing.push(() => silent.close());
  // Killed before it could remove its socket.
  const bind = `require('node:net').createServer().listen(${JSON.stringify(socket('dead'))}, () => process.kill(process.pid, 9))`;
  await once(spawn(process.execPath, ['--eval', bind]), 'exit');
});
after(async () => {
  for (const close of closing) await close();
  dir[Symbol.dispose]();
});

/** What crictl prints; not synchronous, since the runtimes are in this process. */
async function crictl(args: string[], env: NodeJS.ProcessEnv = {}): Promise<{ out: string; err: string }> {
  const child: ChildProcess = spawn(program, args, {
    env: { ...engineOfTests, CRI_CONFIG_FILE: file('empty.yaml', ''), ...env },
    timeout: 300_000,
  });
  const [out = [], err = []] = await Promise.all([child.stdout?.toArray(), child.stderr?.toArray()]);
  return { out: out.join(''), err: err.join('').replaceAll('\\"', '"') };
}

test('flags win over variables, and variables over the file', async () => {
  const one = { CONTAINER_RUNTIME_ENDPOINT: `unix://${socket('one')}` };
  const config = file('two.yaml', `runtime-endpoint: unix://${socket('two')}\n`);
  const images = { IMAGE_SERVICE_ENDPOINT: socket('two') };
  const cases: [args: string[], env: NodeJS.ProcessEnv, answer: RegExp][] = [
    [['-r', socket('one'), 'version'], {}, /^RuntimeName: {2}one$/m],
    [['--runtime-endpoint', `unix://${socket('one')}`, 'version'], {}, /one/],
    [['-r', `unix:${socket('one')}`, 'version'], {}, /one/],
    [['version'], one, /one/],
    [['-r', socket('two'), 'version'], one, /two/],
    [['-c', config, 'version'], {}, /two/],
    [['version'], { CRI_CONFIG_FILE: config }, /two/],
    [['version'], { ...one, CRI_CONFIG_FILE: config }, /one/],
    [['images', '-q'], one, /^one$/m],
    [['images', '-q'], { ...one, ...images }, /^two$/m],
    [['-i', `unix://${socket('one')}`, 'images', '-q'], { ...one, ...images }, /^one$/m],
    [['version'], { ...one, ...images }, /one/],
  ];
  for (const [args, env, answer] of cases) {
    const { out, err } = await crictl(args, env);
    assert.equal(err, '', args.join(' '));
    assert.match(out, answer, `${args.join(' ')} ${JSON.stringify(env)}`);
  }
});

test('a socket that is of no use is named with the reason', async () => {
  const dial = (path: string, reason: string) =>
    new RegExp(
      `level=fatal msg="validate service connection: validate CRI v1 runtime API for endpoint "${path}": rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial unix .*: connect: ${reason}"`,
    );
  const notSocket = file('plain', '');
  const cases: [args: string[], message: RegExp][] = [
    [['-r', '/nope', 'ps'], dial('/nope', 'no such file or directory')],
    [['-r', 'unix:///nope', 'ps'], dial('unix:///nope', 'no such file or directory')],
    [['-r', socket('dead'), 'ps'], dial(socket('dead'), 'connection refused')],
    [['-r', notSocket, 'ps'], dial(notSocket, 'connection refused')],
    [['-r', socket('one'), '-i', '/nope', 'images'], /validate CRI v1 image API for endpoint "\/nope": /],
    [
      ['-t', '300ms', '-r', socket('silent'), 'ps'],
      /for endpoint ".*silent\.sock": rpc error: code = DeadlineExceeded desc = context deadline exceeded while/,
    ],
    [['-r', 'x.sock', 'ps'], /the socket's path must be absolute/],
    [['-r', 'http://x', 'ps'], /protocol "http" is not supported/],
    [['-r', '', 'ps'], /--runtime-endpoint is not set/],
  ];
  for (const [args, message] of cases) {
    const { out, err } = await crictl(args);
    assert.equal(out, '', args.join(' '));
    assert.match(err, message, args.join(' '));
    assert.equal(err.trimEnd().split('\n').length, 1, err);
  }
});

test('--max-retries waits for a runtime that is still starting', async () => {
  const starting = crictl(['--max-retries', '5', '-r', socket('late'), 'version']);
  setTimeout(() => runtime('late'), 700);
  assert.match((await starting).out, /^RuntimeName: {2}late$/m);
});
