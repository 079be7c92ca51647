// The kubelet as a process: what it says when it can not start, and what it serves while no runtime answers.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { get } from 'node:http';
import { get as getByTls } from 'node:https';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, test } from 'node:test';
import { until } from '@berth/test-support/until.ts';

const main = new URL('./main.ts', import.meta.url).pathname;
const port = 23_871;
let dir: string;
let children: ChildProcess[];

beforeEach(() => {
  dir = mkdtempSync('/tmp/kubelet-main-');
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

/** Flags of a kubelet that touches nothing outside the test's folder; its runtime does not exist. */
function flags(rootDir = dir): string[] {
  return [
    `--container-runtime-endpoint=${dir}/none.sock`,
    `--pod-manifest-path=${dir}/manifests`,
    `--root-dir=${rootDir}`,
    `--cgroup-root=/kubelet-main-test`,
    '--hostname-override=n',
    '--fail-swap-on=false',
    `--read-only-port=${port}`,
    '--port=0',
    '--healthz-port=0',
  ];
}

/** Runs a kubelet that is expected to end by itself. */
function run(...argv: string[]): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...argv], {
    encoding: 'utf8',
    timeout: 300_000,
  });
  return { status, output: stdout + stderr };
}

async function start(): Promise<ChildProcess> {
  const child = spawn(process.execPath, [main, ...flags()], { stdio: ['ignore', 'ignore', 'pipe'] });
  children.push(child);
  child.stderr?.resume();
  await until('the kubelet answers', () => {
    assert.equal(child.exitCode, null, 'the kubelet ended early');
    return fetch(`http://127.0.0.1:${port}/healthz`).catch(() => undefined);
  });
  return child;
}

test('--version and --help', () => {
  assert.match(run('--version').output, /^Kubernetes v1\.\d+\.\d+\+berth\./);
  const { status, output } = run('--help');
  assert.equal(status, 0);
  assert.match(output, /--pod-manifest-path VALUE/);
});

test('a wrong command line or configuration ends it with a reason', () => {
  const cases: [string[], RegExp][] = [
    [
      ['--pod-manifest-pth=x'],
      /^E.*"Failed to start: wrong configuration" err="unknown flag: --pod-manifest-pth/m,
    ],
    [['--kubeconfig=/x', ...flags()], /invalid kubeconfig \/x: ENOENT/],
    [
      ['--config', join(dir, 'none.yaml')],
      /failed to load kubelet config file, path: .*none\.yaml, error: ENOENT/,
    ],
    [
      ['--container-runtime-endpoint=tcp://x', '--fail-swap-on=false', `--root-dir=${dir}`],
      /protocol \\"tcp\\" is not supported/,
    ],
  ];
  for (const [argv, reason] of cases) {
    const { status, output } = run(...argv);
    assert.equal(status, 1, argv.join(' '));
    assert.match(output, reason);
  }
});

test('while no runtime answers it is unhealthy, shows its pods and what is wrong with manifests', async () => {
  const pod = (name: string, image: string): string =>
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name },
      spec: { containers: [{ name: 'c', image }] },
    });
  writeFileSync(join(dir, 'manifests/good.json'), pod('good', 'a:1'));
  writeFileSync(join(dir, 'manifests/bad.json'), pod('bad', ''));
  const child = await start();
  const get = async (path: string) => (await fetch(`http://127.0.0.1:${port}${path}`)).text();
  assert.match(await get('/healthz'), /^\[\+\]ping ok\n.*\n\[-\]syncloop failed: reason withheld\n/);
  assert.equal(await get('/healthz/device-plugin'), 'ok');
  const podResources = join(dir, 'pod-resources/kubelet.sock');
  assert.ok(existsSync(podResources));
  assert.match(await get('/healthz/syncloop'), /the container runtime does not answer at .*none\.sock/);
  await until('there is a pod', async () => !(await get('/pods')).includes('"items":null'));
  const { items } = JSON.parse(await get('/pods'));
  assert.equal(items.length, 1);
  assert.equal(items[0].metadata.name, 'good-n');
  assert.equal(items[0].status.phase, 'Pending');
  assert.deepEqual(JSON.parse(await get('/rejected')), [
    {
      file: join(dir, 'manifests/bad.json'),
      pod: 'default/bad-n',
      message: 'spec.containers[0].image: Required value',
      lastGoodRuns: false,
    },
  ]);
  const sameRoot = run(...flags());
  assert.equal(sameRoot.status, 1);
  assert.match(sameRoot.output, /another kubelet runs with it; stop it or choose another --root-dir/);
  const inJson =
    run('--logging-format=json', ...flags())
      .output.trim()
      .split('\n')
      .at(-1) ?? '';
  const { ts, caller, msg, err, ...others } = JSON.parse(inJson);
  assert.ok(Math.abs(Date.now() - ts) < 300_000);
  assert.deepEqual([caller, msg, others], ['main.ts:1', 'Failed to start', {}]);
  assert.match(err, /another kubelet runs with it/);
  const samePort = run(...flags(join(dir, 'other')));
  assert.equal(samePort.status, 1);
  assert.match(
    samePort.output,
    /unable to listen on 127\.0\.0\.1:23871: in use; is another kubelet running\?/,
  );
  child.kill('SIGTERM');
  const [code] = await once(child, 'exit');
  assert.equal(code, 0);
  assert.equal(existsSync(podResources), false);
});

test('a pod that does not fit is Failed in /pods and named with its file in /rejected', async () => {
  const resources = { requests: { cpu: '100k' } };
  const file = join(dir, 'manifests/large.json');
  writeFileSync(
    file,
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'large' },
      spec: { containers: [{ name: 'c', image: 'a:1', resources }] },
    }),
  );
  await start();
  const get = async (path: string) =>
    JSON.parse(await (await fetch(`http://127.0.0.1:${port}${path}`)).text());
  await until('there is a pod', async () => (await get('/pods')).items !== null);
  const { items } = await get('/pods');
  assert.deepEqual(
    items.map(({ metadata, status }: { metadata: { name: string }; status: Record<string, string> }) => [
      metadata.name,
      status.phase,
      status.reason,
    ]),
    // A static pod is critical: the real kubelet, too, says that it found no pod to preempt.
    [['large-n', 'Failed', 'UnexpectedAdmissionError']],
  );
  const [rejected] = await get('/rejected');
  assert.match(
    rejected.message,
    /^Node didn't have enough resource: cpu, requested: 100k, used: 0, capacity: \d+$/,
  );
  assert.deepEqual(rejected, {
    file,
    pod: 'default/large-n',
    message: rejected.message,
    lastGoodRuns: false,
  });
});

/** Inodes of the TCP sockets that a process listens on. */
function listening(pid: number): string[] {
  const own = readdirSync(`/proc/${pid}/fd`).map((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`);
    } catch {
      return '';
    }
  });
  return ['tcp', 'tcp6']
    .flatMap((family) => readFileSync(`/proc/net/${family}`, 'utf8').trim().split('\n').slice(1))
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , , state]) => state === '0A')
    .map((fields) => `socket:[${fields[9]}]`)
    .filter((socket) => own.includes(socket));
}

test('another local user cannot read the pods: one port asks for a certificate, and the socket is for root', async () => {
  const container = { name: 'c', image: 'a:1', env: [{ name: 'PASSWORD', value: 'secret' }] };
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec: { containers: [container] } };
  writeFileSync(join(dir, 'manifests/pod.json'), JSON.stringify(pod));
  const securePort = port + 2;
  const argv = flags().map((flag) => flag.replace('--port=0', `--port=${securePort}`));
  const closed = argv.filter((flag) => !flag.startsWith('--read-only-port'));
  const child = spawn(process.execPath, [main, ...closed], { stdio: ['ignore', 'ignore', 'pipe'] });
  children.push(child);
  child.stderr?.resume();
  const socketPath = join(dir, 'kubelet.sock');
  const ask = async () => {
    const [response] = await once(get({ socketPath, path: '/pods' }), 'response');
    return await text(response);
  };
  let pods = '';
  await until('the pod is there', async () => {
    pods = await ask().catch(() => '');
    return pods.includes('secret');
  });
  assert.match(pods, /"value":"secret"/, 'root reads them');
  await until('the secure port is open', () => listening(child.pid ?? 0).length > 0);
  assert.deepEqual(listening(child.pid ?? 0).length, 1);
  const secure = { host: '127.0.0.1', port: securePort, path: '/pods', rejectUnauthorized: false };
  const [refused] = await once(getByTls(secure), 'response');
  assert.deepEqual([refused.statusCode, await text(refused)], [401, 'Unauthorized']);

  // Even where the directory is open, as that of a kubelet before this one may be.
  chmodSync(dir, 0o755);
  const connect = `IO::Socket::UNIX->new(Peer => '${socketPath}') or die "refused: $!"`;
  const user = ['--reuid=65534', '--regid=65534', '--clear-groups'];
  const { status, stderr } = spawnSync('setpriv', [...user, 'perl', '-MIO::Socket::UNIX', '-e', connect], {
    encoding: 'utf8',
  });
  assert.notEqual(status, 0);
  assert.match(stderr, /refused: Permission denied/);
});

test('GET // is answered, on both ports, and the kubelet goes on', async () => {
  const healthzPort = port + 1;
  const argv = [...flags().slice(0, -1), `--healthz-port=${healthzPort}`];
  const child = spawn(process.execPath, [main, ...argv], { stdio: ['ignore', 'ignore', 'pipe'] });
  children.push(child);
  child.stderr?.resume();
  const status = async (ofPort: number, path: string): Promise<number> => {
    const [response] = await once(get({ host: '127.0.0.1', port: ofPort, path }), 'response');
    response.resume();
    return response.statusCode;
  };
  await until('/healthz answers', async () => (await status(healthzPort, '/healthz').catch(() => 0)) === 200);
  for (const each of [port, healthzPort]) assert.equal(await status(each, '//'), 307);
  assert.equal(await status(port, '/healthz'), 500);
  assert.equal(await status(healthzPort, '/healthz'), 200);
  assert.equal(child.exitCode, null);
});
