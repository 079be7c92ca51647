import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { mountsBelow } from '../mounts/mount.ts';
import { NamespaceWorker, pinState, unpin } from './namespaces.ts';

const scratch = mkdtempSync('/tmp/linux-namespaces-');
const [net, ipc, uts] = ['net', 'ipc', 'uts'].map((kind) => join(scratch, 'pins', kind)) as [
  string,
  string,
  string,
];
let worker: NamespaceWorker;

before(async () => {
  worker = await NamespaceWorker.start();
});

afterEach(() => {
  for (const path of [net, ipc, uts]) unpin(path);
  assert.deepEqual(mountsBelow(scratch), []);
});

after(async () => {
  await worker.close();
  rmSync(scratch, { recursive: true });
});

/** What a command prints that runs inside a pinned namespace. */
function inside(kind: 'net' | 'ipc' | 'uts', path: string, ...command: string[]): string {
  const { stdout, stderr, status } = spawnSync('nsenter', [`--${kind}=${path}`, ...command], {
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
  return stdout.trim();
}

test('pin three namespaces, configured, and leave the host as it was', async () => {
  const homes = ['net', 'ipc', 'uts'].map((kind) => readlinkSync(`/proc/self/ns/${kind}`));
  await worker.pin({
    net,
    ipc,
    uts,
    hostname: 'pod-1',
    sysctls: {
      'net.ipv4.ip_unprivileged_port_start': '0',
      'net.ipv4.conf.lo.forwarding': '0',
      'kernel.shm_rmid_forced': '1',
      'kernel.sem': '100 200 10 20',
      'fs.mqueue.msg_max': '20',
    },
  });
  assert.deepEqual([net, ipc, uts].map(pinState), ['pinned', 'pinned', 'pinned']);
  assert.equal(statSync(join(scratch, 'pins')).mode & 0o777, 0o700);
  assert.equal(inside('uts', uts, 'hostname'), 'pod-1');
  assert.equal(inside('net', net, 'cat', '/proc/sys/net/ipv4/ip_unprivileged_port_start'), '0');
  assert.equal(inside('ipc', ipc, 'cat', '/proc/sys/kernel/sem'), '100\t200\t10\t20');
  assert.equal(inside('ipc', ipc, 'cat', '/proc/sys/fs/mqueue/msg_max'), '20');
  assert.match(inside('net', net, 'ip', '-br', 'address', 'show', 'lo'), /127\.0\.0\.1\/8/);
  assert.deepEqual(
    ['net', 'ipc', 'uts'].map((kind) => readlinkSync(`/proc/self/ns/${kind}`)),
    homes,
  );
  assert.notEqual(inside('uts', '/proc/self/ns/uts', 'hostname'), 'pod-1');
});

test('operations inside a network namespace', async () => {
  await worker.pin({ net });
  assert.deepEqual(
    (await worker.inNetworkNamespace(net, { kind: 'links' })).filter(({ up }) => up).map(({ name }) => name),
    ['lo'],
  );
  inside('net', net, 'ip', 'link', 'add', 'name', 'a', 'type', 'veth', 'peer', 'name', 'b');
  inside('net', net, 'ip', 'address', 'add', '10.231.0.2/24', 'dev', 'a');
  await worker.inNetworkNamespace(net, { kind: 'set-link-up', name: 'a' });
  await worker.inNetworkNamespace(net, { kind: 'set-link-up', name: 'b' });
  inside('net', net, 'ip', 'route', 'add', 'default', 'via', '10.231.0.1');
  const addresses = await worker.inNetworkNamespace(net, { kind: 'addresses' });
  assert.ok(addresses.some(({ address, prefixLength }) => address === '10.231.0.2' && prefixLength === 24));
  const routes = await worker.inNetworkNamespace(net, { kind: 'routes' });
  assert.ok(routes.some(({ destination, gateway }) => destination === 'default' && gateway === '10.231.0.1'));
  await worker.inNetworkNamespace(net, { kind: 'write-sysctl', name: 'net.ipv4.ip_forward', value: '1' });
  assert.equal(
    await worker.inNetworkNamespace(net, { kind: 'read-sysctl', name: 'net.ipv4.ip_forward' }),
    '1',
  );
  await worker.inNetworkNamespace(net, { kind: 'delete-link', name: 'a' });
  const names = (await worker.inNetworkNamespace(net, { kind: 'links' })).map(({ name }) => name);
  assert.ok(!names.includes('a') && !names.includes('b'));
});

test('an error says what failed and leaves the thread usable', async () => {
  await worker.pin({ net });
  await assert.rejects(worker.pin({ net }), { name: 'SyscallError', code: 'EEXIST', path: net });
  await assert.rejects(worker.inNetworkNamespace(join(scratch, 'absent'), { kind: 'links' }), {
    name: 'SyscallError',
    code: 'ENOENT',
  });
  await assert.rejects(worker.inNetworkNamespace('/etc/hostname', { kind: 'links' }), { code: 'EINVAL' });
  await assert.rejects(worker.inNetworkNamespace(net, { kind: 'delete-link', name: 'nope' }), {
    code: 'ENODEV',
    message: /delete link nope/,
  });
  assert.ok((await worker.inNetworkNamespace(net, { kind: 'links' })).length > 0);
});

test('a failure half way leaves nothing', async () => {
  const request = { net, ipc, uts, hostname: 'x', sysctls: { 'net.ipv4.no_such_thing': '1' } };
  await assert.rejects(worker.pin(request), { code: 'ENOENT', message: /sysctl net\.ipv4\.no_such_thing=1/ });
  await assert.rejects(worker.pin({ ...request, sysctls: { 'net.ipv4.ip_forward': 'garbage' } }), {
    code: 'EINVAL',
  });
  await assert.rejects(worker.pin({ net, uts, hostname: 'x'.repeat(65) }), { code: 'EINVAL' });
  assert.deepEqual([net, ipc, uts].map(pinState), ['absent', 'absent', 'absent']);
});

test("the host's own settings are refused", async () => {
  await assert.rejects(worker.pin({ net, hostname: 'x' }), /no UTS namespace/);
  await assert.rejects(worker.pin({ net, sysctls: { 'kernel.sem': '1 1 1 1' } }), /no ipc namespace/);
  await assert.rejects(worker.pin({ net, sysctls: { 'vm.swappiness': '1' } }), /not namespaced/);
  await assert.rejects(worker.pin({ net, sysctls: { 'net/../vm/swappiness': '1' } }), /not the name/);
});

test('existing namespaces are configured', async () => {
  await worker.pin({ uts });
  await worker.pin({ net, hostname: 'later', existing: { uts } });
  assert.equal(inside('uts', uts, 'hostname'), 'later');
});

test('what a crash leaves is found, and taken over', async () => {
  mkdirSync(join(scratch, 'pins'), { recursive: true });
  writeFileSync(net, '');
  assert.equal(pinState(net), 'unfinished');
  await worker.pin({ net });
  assert.equal(pinState(net), 'pinned');
  unpin(net);
  unpin(net);
  assert.equal(pinState(net), 'absent');
});

test('a copy of the mount in another mount namespace goes with the file', async () => {
  await worker.pin({ net });
  const holder = spawn('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', 'echo; exec sleep 10']);
  try {
    await once(holder.stdout, 'data');
    const seenThere = () => readFileSync(`/proc/${holder.pid}/mountinfo`, 'utf8').includes(net);
    assert.ok(seenThere());
    unpin(net);
    assert.ok(!seenThere());
  } finally {
    holder.kill('SIGKILL');
    await once(holder, 'exit');
  }
});

test('many at once', async () => {
  const paths = Array.from({ length: 40 }, (_, index) => join(scratch, 'pins', `many-${index}`));
  const started = performance.now();
  await Promise.all(
    paths.map((path) => worker.pin({ net: `${path}-net`, ipc: `${path}-ipc`, uts: `${path}-uts` })),
  );
  const each = (performance.now() - started) / paths.length;
  for (const path of paths) for (const kind of ['net', 'ipc', 'uts']) unpin(`${path}-${kind}`);
  assert.ok(each < 50, `${each} ms a pin`);
  console.log(`${each.toFixed(2)} ms a pin of net, ipc and uts`);
});

test('pins outlive their thread, and a closed worker says so', async () => {
  const other = await NamespaceWorker.start();
  await other.pin({ net });
  await other.close();
  await assert.rejects(other.pin({ ipc }), /closed/);
  assert.throws(() => unlinkSync(net), { code: 'EBUSY' });
});
