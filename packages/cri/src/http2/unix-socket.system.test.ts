// The Unix socket on both of crictl's engines, Node.js and the Bun that npm brought, against a socket of Node.js.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { on, once } from 'node:events';
import { globSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { checkout, scratchDir } from '@berth/test-support/scratch.ts';

const dir = scratchDir('cri-connection');
const socketPath = join(dir.path, 's.sock');
const [bun] = globSync('node_modules/@oven/bun-linux-*/bin/bun', { cwd: checkout });
const engines = { 'Node.js': process.execPath, Bun: bun && join(checkout, bun) };
const chunk = 1024 * 1024;
const chunks = 8;
let server: Server;
let serve: (connection: Socket) => unknown = () => {};

before(async () => {
  server = createServer((connection) => serve(connection)).listen(socketPath);
  await once(server, 'listening');
});
after(() => {
  server.close();
  dir[Symbol.dispose]();
});

/** Runs `program`, which has `connectUnixSocket` and `path`; answers what it prints. */
async function run(engine: string, program: string, path = socketPath): Promise<string> {
  const connection = JSON.stringify(join(import.meta.dirname, 'unix-socket.ts'));
  const script = `const { connectUnixSocket } = await import(${connection}); const path = ${JSON.stringify(path)};\n${program}`;
  const child = spawn(engine, ['--eval', script], { stdio: ['ignore', 'pipe', 'inherit'], timeout: 300_000 });
  return (await child.stdout.toArray()).join('').trim();
}

for (const [name, engine] of Object.entries(engines)) {
  if (engine === undefined) {
    test.skip(`${name}: npm brought none for this machine`);
    continue;
  }

  test(`${name}: all arrives in order at one who reads late, and so does the answer`, async () => {
    serve = async (connection) => {
      // Nothing tells that the socket's buffers are full.
      await setTimeout(200);
      const octets = Buffer.alloc(chunk * chunks);
      let filled = 0;
      for await (const part of on(connection, 'data')) {
        filled += part[0].copy(octets, filled);
        if (filled === octets.length) break;
      }
      const isRight = Array.from({ length: chunks }, (_, index) =>
        octets.subarray(index * chunk, (index + 1) * chunk).every((octet) => octet === index + 1),
      );
      connection.end(Buffer.alloc(chunk, isRight.every(Boolean) ? 1 : 0));
    };
    const program = `let received = 0, sum = 0;
      const connection = connectUnixSocket(path, {
        open: () => console.log('open'),
        data: (octets) => { received += octets.length; for (const octet of octets) sum += octet; },
        lost: () => console.log(received, sum),
      });
      for (let index = 1; index <= ${chunks}; index++) connection.write(Buffer.alloc(${chunk}, index));
`;
    assert.equal(await run(engine, program), `open\n${chunk} ${chunk}`);
  });

  test(`${name}: an error of connect tells its code, and a server that goes is told`, async () => {
    const program = `connectUnixSocket(path, { open() {}, data() {}, lost: ({ code, syscall }) => console.log(code, syscall) });`;
    assert.equal(await run(engine, program, '/nope'), 'ENOENT connect');
    serve = (connection) => connection.destroy();
    assert.equal(await run(engine, program), 'undefined undefined');
  });

  test(`${name}: it keeps the process alive until it is told not to, or destroyed, of which nobody hears`, async () => {
    serve = (connection) => connection.resume();
    const whenOpen = (then: string) => `process.on('exit', () => console.log('exit'));
      const connection = connectUnixSocket(path, { open: () => setTimeout(() => { ${then} }, 50), data() {}, lost() {} });`;
    assert.equal(await run(engine, whenOpen('connection.unref();')), 'exit');
    assert.equal(await run(engine, whenOpen('connection.destroy();')), 'exit');
    const heard = `const connection = connectUnixSocket(path, {
      open: () => { connection.destroy(); console.log('destroyed'); }, data() {}, lost: () => console.log('lost') });`;
    assert.equal(await run(engine, heard), 'destroyed');
    const held = `setTimeout(() => console.log('held'), 300).unref(); setTimeout(() => connection.unref(), 600).unref();`;
    assert.equal(await run(engine, whenOpen(held)), 'held\nexit');
    assert.equal(
      await run(engine, `${whenOpen(`connection.ref(); ${held}`)} connection.unref();`),
      'held\nexit',
    );
  });
}
