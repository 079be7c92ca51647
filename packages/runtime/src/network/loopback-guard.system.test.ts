// Who reaches 127.0.0.1 of the node once a pod has host ports: the node itself, and nobody else.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { NamespaceWorker, unpin } from '@berth/linux/namespaces/namespaces.ts';
import { hasTable } from '@berth/linux/nftables/nftables.ts';
import { libcFunction } from '@berth/linux/syscall/libc.ts';
import { patience } from '@berth/test-support/machine-speed.ts';
import { createLogger } from '../logging/log.ts';
import { until } from '../testing/pod-calls.ts';
import { attachSandbox } from './attach.ts';
import type { PortMapping } from './capabilities.ts';
import { detachSandbox } from './detach.ts';
import { loopbackTable, removeLoopbackGuard } from './loopback-guard.ts';
import { execPlugin } from './plugin-exec.ts';
import { PodNetwork } from './pod-network.ts';

const bridge = 'brguard';
const podAddress = '10.222.9.2';
const nodeAddress = '192.0.2.1';
/** A service of the node that trusts 127.0.0.1. */
const secretPort = 10_255;
const hostPort = 18_080;
const localPort = 18_081;

let dir = '';
let worker: NamespaceWorker;
let network: PodNetwork;
const neighbour = () => join(dir, 'neighbour/net');
const pod = () => join(dir, 'sandboxes/pod/ns/net');
const server = createServer((socket) => socket.on('error', () => {}).end('secret'));
const servers: ReturnType<typeof spawn>[] = [];

function run(program: string, ...args: string[]): void {
  const { status, stderr, error } = spawnSync(program, args, { encoding: 'utf8' });
  assert.equal(status, 0, `${program} ${args.join(' ')}: ${error?.message ?? stderr}`);
}

const sysctl = (name: string) => join('/proc/sys/net', name);

/** Sends what a network namespace has for 127.0.0.0/8 and ::1 to another node, as root of a host or a pod can. */
function routeLoopback(namespace: string, device: string, node: string): void {
  const inside = (...command: string[]) => run('nsenter', `--net=${namespace}`, ...command);
  inside('ip', 'address', 'flush', 'dev', 'lo');
  inside('ip', 'link', 'set', 'lo', 'down');
  inside('ip', 'route', 'add', '127.0.0.0/8', 'via', node, 'dev', device);
  inside('sh', '-c', `echo 1 >${sysctl(`ipv4/conf/${device}/route_localnet`)}`);
}

/** Whether a connection comes about from a network namespace, or from the node itself, within 2 s of the attempt. */
async function reaches(from: string | undefined, address: string, port: number): Promise<boolean> {
  // A busy machine may take longer than that to start a program.
  const connect = ['bash', '-c', `echo tries; exec 3<>/dev/tcp/${address}/${port}`];
  const [program = '', ...args] = from === undefined ? connect : ['nsenter', `--net=${from}`, ...connect];
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  child.stdout.once('data', () => setTimeout(() => child.kill('SIGKILL'), patience(2_000)).unref());
  const [code] = await once(child, 'exit');
  return code === 0;
}

async function attachPod(id: string, portMappings: PortMapping[]) {
  const netnsPath = join(network.sandboxesDir, id, 'ns/net');
  await worker.pin({ net: netnsPath });
  const names = { sandboxId: id, podName: id, podNamespace: 'default', podUid: id };
  await attachSandbox(network, { ...names, netnsPath, portMappings, annotations: {} });
}

before(async () => {
  const CLONE_NEWNET = 0x4000_0000;
  const host = readlinkSync('/proc/self/ns/net');
  libcFunction('unshare', ['int'])('a network namespace', CLONE_NEWNET);
  assert.notEqual(readlinkSync('/proc/thread-self/ns/net'), host);
  run('ip', 'link', 'set', 'lo', 'up');
  dir = mkdtempSync('/tmp/runtime-loopback-');
  worker = await NamespaceWorker.start();
  await new Promise<void>((resolve) => server.listen(secretPort, '127.0.0.1', resolve));

  mkdirSync(join(dir, 'net.d'));
  const ipam = {
    type: 'host-local',
    dataDir: join(dir, 'leases'),
    ranges: [[{ subnet: '10.222.9.0/24' }]],
    routes: [{ dst: '0.0.0.0/0' }],
  };
  const plugins = [
    { type: 'bridge', bridge, isGateway: true, ipam },
    { type: 'portmap', capabilities: { portMappings: true } },
  ];
  const conflist = { cniVersion: '1.0.0', name: 'guarded', plugins };
  writeFileSync(join(dir, 'net.d/10.conflist'), JSON.stringify(conflist));
  network = await PodNetwork.start({
    confDir: join(dir, 'net.d'),
    pluginDirs: ['/usr/lib/cni'],
    cacheDir: join(dir, 'cni'),
    sandboxesDir: join(dir, 'sandboxes'),
    exec: execPlugin,
    log: createLogger('error', (line) => assert.fail(line)),
  });

  await worker.pin({ net: neighbour() });
  run('ip', 'link', 'add', 'wire', 'type', 'veth', 'peer', 'name', 'eth0');
  const keeper = spawn('nsenter', [`--net=${neighbour()}`, 'sleep', '600'], { stdio: 'ignore' });
  servers.push(keeper);
  await until(() => readlinkSync(`/proc/${keeper.pid}/ns/net`) !== readlinkSync('/proc/thread-self/ns/net'));
  run('ip', 'link', 'set', 'eth0', 'netns', String(keeper.pid));
  run('ip', 'address', 'add', `${nodeAddress}/24`, 'dev', 'wire');
  run('ip', 'link', 'set', 'wire', 'up');
  run('nsenter', `--net=${neighbour()}`, 'ip', 'address', 'add', '192.0.2.2/24', 'dev', 'eth0');
  run('nsenter', `--net=${neighbour()}`, 'ip', 'link', 'set', 'eth0', 'up');
  routeLoopback(neighbour(), 'eth0', nodeAddress);

  await attachPod('pod', [
    { protocol: 'tcp', hostPort, containerPort: 80, hostIp: '' },
    { protocol: 'tcp', hostPort: localPort, containerPort: 80, hostIp: '127.0.0.1' },
  ]);
  const listen = `require('node:net').createServer((s) => s.on('error', () => {}).end('pod')).listen(80, '${podAddress}')`;
  servers.push(spawn('nsenter', [`--net=${pod()}`, process.execPath, '-e', listen], { stdio: 'ignore' }));
  await until(() => reaches(undefined, podAddress, 80));
});

after(async () => {
  server.close();
  for (const process of servers) process.kill('SIGKILL');
  await detachSandbox(network, {
    sandboxId: 'pod',
    netnsPath: pod(),
    releaseNamespace: () => unpin(pod()),
  });
  await network.close();
  for (const path of [neighbour(), join(dir, 'sandboxes/later/ns/net')])
    if (existsSync(path)) await unpin(path);
  await worker.close();
  rmSync(dir, { recursive: true });
});

test('another host cannot reach 127.0.0.1 of a node with route_localnet (CVE-2020-8558)', async () => {
  writeFileSync(sysctl('ipv4/conf/wire/route_localnet'), '1');
  assert.equal(await reaches(neighbour(), '127.0.0.1', secretPort), false);
  removeLoopbackGuard();
  assert.equal(await reaches(neighbour(), '127.0.0.1', secretPort), true, 'it would without the rules');
  network.loopbackGuard.ensure();
  assert.equal(await reaches(neighbour(), '127.0.0.1', secretPort), false);
});

test('a pod cannot reach 127.0.0.1 of its node after portmap has opened the bridge to it', async () => {
  assert.equal(readFileSync(sysctl(`ipv4/conf/${bridge}/route_localnet`), 'utf8'), '1\n');
  await attachPod('later', []);
  const path = join(network.sandboxesDir, 'later/ns/net');
  routeLoopback(path, 'eth0', '10.222.9.1');
  assert.equal(await reaches(path, '127.0.0.1', secretPort), false);
  removeLoopbackGuard();
  assert.equal(await reaches(path, '127.0.0.1', secretPort), true, 'it would without the rules');
  network.loopbackGuard.ensure();
  assert.equal(await reaches(path, '127.0.0.1', secretPort), false);
  await detachSandbox(network, {
    sandboxId: 'later',
    netnsPath: path,
    releaseNamespace: () => unpin(path),
  });
});

test('a host port of 127.0.0.1 is for the node itself, one of all addresses for other hosts as well', async () => {
  assert.equal(await reaches(undefined, '127.0.0.1', hostPort), true);
  assert.equal(await reaches(undefined, '127.0.0.1', localPort), true);
  assert.equal(await reaches(neighbour(), nodeAddress, hostPort), true);
  assert.equal(await reaches(neighbour(), '127.0.0.1', localPort), false);
  removeLoopbackGuard();
  assert.equal(await reaches(neighbour(), '127.0.0.1', localPort), true, 'it would without the rules');
  network.loopbackGuard.ensure();
});

test('packets from outside that claim to come from 127.0.0.0/8 are dropped', async () => {
  const counted = () => {
    const { stdout } = spawnSync('nft', ['list', 'chain', 'inet', 'count', 'input'], { encoding: 'utf8' });
    return Number(/packets (\d+)/.exec(stdout)?.[1]);
  };
  run('nft', 'add', 'table', 'inet', 'count');
  run('nft', 'add chain inet count input { type filter hook input priority 0; }');
  run('nft', 'add', 'rule', 'inet', 'count', 'input', 'iif wire ip saddr 127.0.0.0/8 udp dport 9 counter');
  const inside = (...command: string[]) => run('nsenter', `--net=${neighbour()}`, ...command);
  inside('ip', 'address', 'add', '127.0.0.2/32', 'dev', 'eth0');
  const spoof = () =>
    inside(
      process.execPath,
      '-e',
      `const s = require('node:dgram').createSocket('udp4');
      s.bind(0, '127.0.0.2', () => s.send('x', 9, '${nodeAddress}', () => s.close()))`,
    );
  spoof();
  assert.equal(counted(), 0);
  removeLoopbackGuard();
  spoof();
  assert.equal(counted(), 1, 'they come in without the rules');
  network.loopbackGuard.ensure();
  run('nft', 'delete', 'table', 'inet', 'count');
});

test('rules that somebody flushed are there again before a pod gets host ports', async () => {
  removeLoopbackGuard();
  await attachPod('later', []);
  assert.equal(hasTable(loopbackTable), false);
  const path = join(network.sandboxesDir, 'later/ns/net');
  const detach = { sandboxId: 'later', netnsPath: path, releaseNamespace: () => unpin(path) };
  await detachSandbox(network, detach);
  await attachPod('later', [{ protocol: 'tcp', hostPort: 18_082, containerPort: 80, hostIp: '' }]);
  assert.equal(hasTable(loopbackTable), true);
  await detachSandbox(network, detach);
});

test('::1 of a node cannot be reached from another host: the kernel has no route_localnet for IPv6', async () => {
  const inside = (...command: string[]) => run('nsenter', `--net=${neighbour()}`, ...command);
  const six = createServer();
  await new Promise<void>((resolve) => six.listen(secretPort, '::1', resolve));
  run('ip', '-6', 'address', 'add', '2001:db8::1/64', 'dev', 'wire', 'nodad');
  inside('ip', '-6', 'address', 'add', '2001:db8::2/64', 'dev', 'eth0', 'nodad');
  inside('ip', '-6', 'route', 'add', '::1/128', 'via', '2001:db8::1', 'dev', 'eth0');
  removeLoopbackGuard();
  assert.equal(await reaches(undefined, '::1', secretPort), true);
  assert.equal(await reaches(neighbour(), '::1', secretPort), false);
  network.loopbackGuard.ensure();
  six.close();
});
