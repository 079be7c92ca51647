// The root directory of a kubelet: closed to other users whatever the umask, and one kubelet's at a time.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { until } from '@berth/test-support/until.ts';

const main = new URL('../main.ts', import.meta.url).pathname;
const port = 23_872;
let dir: string;
let rootDir: string;
let children: ChildProcess[];

beforeEach(() => {
  dir = mkdtempSync('/run/kubelet-lock-');
  chmodSync(dir, 0o755);
  rootDir = join(dir, 'kubelet');
  mkdirSync(join(dir, 'manifests'));
  children = [];
});

afterEach(async () => {
  for (const child of children) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  rmSync(dir, { recursive: true, force: true });
});

/** The command line of a kubelet that touches nothing outside the test's folder; its runtime does not exist. */
function commandLine(umask = '022'): string[] {
  const config = join(dir, 'kubelet.yaml');
  const text = `{apiVersion: kubelet.config.k8s.io/v1beta1, kind: KubeletConfiguration, podLogsDir: ${dir}/log/pods}`;
  spawnSync('tee', [config], { input: text });
  const flags = [
    `--config=${config} --container-runtime-endpoint=${dir}/none.sock --pod-manifest-path=${dir}/manifests`,
    `--root-dir=${rootDir} --cgroup-root=/kubelet-lock-test --hostname-override=n --fail-swap-on=false`,
    `--read-only-port=${port} --port=0 --healthz-port=0`,
  ];
  return ['-c', `umask ${umask}; exec ${process.execPath} ${main} ${flags.join(' ')}`];
}

async function start(umask?: string): Promise<ChildProcess> {
  const child = spawn('/bin/sh', commandLine(umask), { stdio: ['ignore', 'ignore', 'pipe'] });
  children.push(child);
  let output = '';
  child.stderr?.on('data', (chunk) => {
    output += chunk;
  });
  await until('the kubelet answers', () => {
    assert.equal(child.exitCode, null, output);
    return fetch(`http://127.0.0.1:${port}/healthz`).catch(() => undefined);
  });
  return child;
}

const octal = (path: string) => (statSync(path).mode & 0o7777).toString(8);
const asUser = ['--reuid=65534', '--regid=65534', '--clear-groups'];

for (const umask of ['000', '022', '077']) {
  test(`the kubelet's root directory is closed to another local user under umask ${umask}`, async () => {
    // As an older kubelet of ours left it.
    mkdirSync(join(rootDir, 'pods'), { recursive: true });
    for (const path of [rootDir, join(rootDir, 'pods')]) chmodSync(path, 0o755);
    await start(umask);
    assert.equal(octal(rootDir), '700');
    assert.equal(octal(join(rootDir, 'kubelet.lock')), '600');
    const { stdout } = spawnSync('setpriv', [...asUser, 'find', rootDir], { encoding: 'utf8' });
    assert.equal(stdout.trim(), rootDir);
    // For log collectors as the real one has it.
    assert.equal(octal(join(dir, 'log/pods')), '750');
  });
}

test('another local user cannot take the name by which the kubelet knows that it is alone', async () => {
  // The abstract socket that was the lock before, and a lock on what can be opened of the directory.
  mkdirSync(rootDir, { mode: 0o755 });
  const script = `
    process.setgroups([]); process.setgid(65534); process.setuid(65534);
    const server = require('node:net').createServer();
    server.listen('\\0berth-kubelet${rootDir}', () => console.log('taken'));
    setTimeout(() => {}, 60_000);`;
  const descriptor = openSync(rootDir, 'r');
  const holders = [
    spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] }),
    spawn('setpriv', [...asUser, 'sh', '-c', 'flock 3; echo taken; exec sleep 60'], {
      stdio: ['ignore', 'pipe', 'inherit', descriptor],
    }),
  ];
  children.push(...holders);
  await Promise.all(holders.map(({ stdout }) => stdout && once(stdout, 'data')));
  closeSync(descriptor);
  await start();
});

test('a kubelet that is killed leaves the lock to the next, and no second one starts beside it', async () => {
  const first = await start();
  const second = spawnSync('/bin/sh', commandLine(), { encoding: 'utf8', timeout: 300_000 });
  assert.equal(second.status, 1);
  assert.match(second.stderr, /another kubelet runs with it; stop it or choose another --root-dir/);
  first.kill('SIGKILL');
  await once(first, 'exit');
  await start();
});

test('the kubelet listens on no abstract socket', async () => {
  await start();
  const abstract = readFileSync('/proc/net/unix', 'utf8')
    .split('\n')
    .filter((line) => /@.*berth/.test(line));
  assert.deepEqual(abstract, []);
});
