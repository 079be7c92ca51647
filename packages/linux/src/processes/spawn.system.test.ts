import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, test } from 'node:test';
import { until } from '@berth/test-support/until.ts';
import { OutputPipe } from '../streams/output-pipe.ts';
import { children, processStat } from './process.ts';
import { startProcess } from './spawn.ts';

const dir = mkdtempSync(join(tmpdir(), 'berth-spawn-'));
after(() => rmSync(dir, { recursive: true }));

/** What the test runner was started with and hands on, as Node's own spawn does. */
const inherited = new Set(
  readdirSync('/proc/self/fd').filter((descriptor) => {
    const info = readIfThere(`/proc/self/fdinfo/${descriptor}`);
    const flags = Number.parseInt(/flags:\s*(\d+)/.exec(info)?.[1] ?? '0', 8);
    return info !== '' && (flags & 0o2000000) === 0;
  }),
);

test('output, exit code, environment, folder, session, signals', async () => {
  const script = 'pwd; echo "$A"; echo two > /dev/stdout; grep -E "Sig(Blk|Ign)" /proc/self/status; exit 7';
  const { pid, exited, printed } = shell(script, { A: 'b c', B: undefined });
  const stat = processStat(pid);
  assert.deepEqual([stat?.ppid, stat?.session, stat?.processGroup], [process.pid, pid, pid]);
  assert.deepEqual(await exited, { code: 7, signal: null });
  const none = '0000000000000000';
  assert.equal(await printed, `/\nb c\ntwo\nSigBlk:\t${none}\nSigIgn:\t${none}\n`);
  assert.equal(processStat(pid), undefined);
});

test('an end by a signal', async () => {
  assert.deepEqual(await shell('kill -9 $$').exited, { code: null, signal: 'SIGKILL' });
  assert.deepEqual(await shell('kill -37 $$').exited, { code: null, signal: 'SIGRTMIN+3' });
});

test('a program gets its descriptors and no others, whatever their numbers', async () => {
  const files = Array.from({ length: 4 }, (_, index) => openSync(join(dir, `${index}`), 'w'));
  using pipe = new OutputPipe();
  const [a = 0, b = 0, c = 0, d = 0] = files;
  // a and b change places, c stays where it is, and b is there twice; nothing else may be overwritten.
  const wanted = new Map<number, number>([
    [0, d],
    [a, b],
    [b, a],
    [c, c],
    [Math.max(...files) + 1, b],
  ]);
  const last = Math.max(...wanted.keys());
  const { pid, exited } = startProcess({
    path: '/bin/sleep',
    args: ['20'],
    env: {},
    descriptors: Array.from({ length: last + 1 }, (_, target) => wanted.get(target) ?? 'null'),
  });
  // While it starts, its own loader opens files.
  await until('it sleeps', () => processStat(pid)?.state === 'S');
  const others = readdirSync(`/proc/${pid}/fd`).filter((each) => Number(each) > last && !inherited.has(each));
  assert.deepEqual(others, []);
  for (const [target, source] of wanted) {
    const file = readlinkSync(`/proc/self/fd/${source}`);
    assert.equal(readlinkSync(`/proc/${pid}/fd/${target}`), file);
  }
  assert.equal(readlinkSync(`/proc/${pid}/fd/1`), '/dev/null');
  process.kill(pid, 'SIGTERM');
  assert.deepEqual(await exited, { code: null, signal: 'SIGTERM' });
  for (const file of files) closeSync(file);
  assert.ok(pipe.output.readable);
  pipe.output.destroy();
});

test('what cannot be started says why, and leaves nothing', async () => {
  const file = (name: string, mode: number, content = '') => {
    writeFileSync(join(dir, name), content, { mode });
    return join(dir, name);
  };
  const busy = file('busy', 0o755, '#!/bin/sh\n');
  const written = openSync(busy, 'r+');
  const before = readdirSync('/proc/self/fd').length;
  const table: [path: string, args: string[], code: string][] = [
    ['/nowhere/at-all', [], 'ENOENT'],
    [file('script', 0o755, '#!/nowhere/interpreter\n'), [], 'ENOENT'],
    [file('plain', 0o644), [], 'EACCES'],
    [dir, [], 'EACCES'],
    [file('text', 0o755, 'echo no interpreter is named\n'), [], 'ENOEXEC'],
    [busy, [], 'ETXTBSY'],
    ['/bin/true', ['a\0b'], 'EINVAL'],
  ];
  for (const [path, args, code] of table) {
    const program = { path, args, env: {}, descriptors: [] };
    assert.throws(() => startProcess(program), { name: 'SyscallError', syscall: 'posix_spawn', code, path });
  }
  assert.throws(() => startProcess({ path: '/bin/true', args: [], env: {}, descriptors: [9999] }), {
    code: 'EBADF',
  });
  assert.equal(readdirSync('/proc/self/fd').length, before);
  assert.deepEqual(children(process.pid), []);
  closeSync(written);
});

test("an end is told at once, and children of Node's own are left to it", async () => {
  await shell('true').exited;
  const before = readdirSync('/proc/self/fd').length;
  const own = spawn('/bin/sh', ['-c', 'exit 3'], { stdio: 'ignore' });
  const ownEnd = once(own, 'exit');
  const ours = Array.from({ length: 20 }, (_, code) => shell(`exit ${code}`));
  for (const [code, { exited }] of ours.entries()) assert.deepEqual(await exited, { code, signal: null });
  assert.deepEqual(await ownEnd, [3, null]);
  await Promise.all(ours.map(({ printed }) => printed));
  // A stream's end is told before its descriptor is closed.
  await until('descriptors are closed', () => readdirSync('/proc/self/fd').length <= before);
  assert.deepEqual(children(process.pid), []);
});

test('an end is told at once, also when nothing else wakes the event loop', () => {
  const program = `
    import { processStat, waitForExit } from ${JSON.stringify(new URL('./process.ts', import.meta.url).href)};
    import { startProcess } from ${JSON.stringify(new URL('./spawn.ts', import.meta.url).href)};
    setTimeout(() => process.exit(1), 3000);
    const start = () => startProcess({ path: '/bin/sleep', args: ['0.05'], env: {}, descriptors: [] });
    const { code } = await start().exited;
    const { pid, exited } = start();
    await waitForExit({ pid, startTime: processStat(pid).startTime });
    await exited;
    process.exit(code + 42);`;
  const { status } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    stdio: 'inherit',
  });
  assert.equal(status, 42);
});

test('a pipe that no program was given closes by itself', async () => {
  const before = readdirSync('/proc/self/fd').length;
  let closed: Promise<unknown>;
  {
    using pipe = new OutputPipe();
    closed = once(pipe.output, 'close');
  }
  await closed;
  assert.equal(readdirSync('/proc/self/fd').length, before);
});

/** Runs a shell script; `printed` is what it prints. */
function shell(script: string, env: Record<string, string | undefined> = {}) {
  using stdout = new OutputPipe();
  const started = startProcess({
    path: '/bin/sh',
    args: ['-c', script],
    env: { PATH: process.env.PATH, ...env },
    descriptors: ['null', stdout.writeEnd, stdout.writeEnd],
  });
  return { ...started, printed: text(stdout.output) };
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // The descriptor by which the folder was read.
    return '';
  }
}
