import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { until } from '@berth/test-support/until.ts';
import { bindMount, canMapIds, detachBelow, mount, unmount } from '../mounts/mount.ts';
import { overlayMount } from '../mounts/overlay.ts';
import { NamespaceWorker, pinState, unpin } from './namespaces.ts';

const scratch = mkdtempSync('/tmp/linux-userns-');
const at = (kind: string) => join(scratch, 'pins', kind);
const namespaceKinds = ['user', 'net', 'ipc', 'uts'] as const;
const mapping = [{ containerId: 0, hostId: 100_000, length: 65_536 }];
const mappings = { uids: mapping, gids: mapping };
let worker: NamespaceWorker;
chmodSync(scratch, 0o711);

before(async () => {
  worker = await NamespaceWorker.start();
});
afterEach(() => {
  detachBelow(scratch);
  for (const kind of namespaceKinds) unpin(at(kind));
});
after(async () => {
  await worker.close();
  rmSync(scratch, { recursive: true });
});

/** What a shell prints as root of the pinned user namespace and of the others. */
function inside(script: string, kinds: readonly string[] = namespaceKinds): string {
  const enter = kinds.map((kind) => `--${kind}=${at(kind)}`);
  return execFileSync('nsenter', [...enter, 'sh', '-c', script], { encoding: 'utf8' }).trim();
}

test('a user namespace is pinned with the namespaces that it owns, and no process stays', async () => {
  const children = () => readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8');
  const before = children();
  await worker.pin({
    user: { path: at('user'), mappings },
    net: at('net'),
    ipc: at('ipc'),
    uts: at('uts'),
    hostname: 'shifted',
    sysctls: { 'net.ipv4.ip_unprivileged_port_start': '0', 'kernel.sem': '100 200 10 20' },
  });
  assert.deepEqual(
    namespaceKinds.map((kind) => pinState(at(kind))),
    ['pinned', 'pinned', 'pinned', 'pinned'],
  );
  assert.equal(children(), before);
  assert.equal(
    inside('cat /proc/self/uid_map /proc/self/gid_map | tr -s " "'),
    '0 100000 65536\n 0 100000 65536',
  );
  assert.equal(inside('hostname; cat /proc/sys/kernel/sem'), 'shifted\n100\t200\t10\t20');
  // Only the owner of a network namespace may change its links, and of a UTS namespace its name.
  assert.equal(
    inside('ip link set lo mtu 60000 && ip -o link show lo | grep -o "mtu [0-9]*"; hostname new; hostname'),
    'mtu 60000\nnew',
  );
  assert.match(inside('ip -br address show lo'), /127\.0\.0\.1\/8/);
});

test('a user namespace alone, and one whose mapping the kernel refuses', async () => {
  await worker.pin({ user: { path: at('user'), mappings } });
  assert.equal(inside('id -u', ['user']), '0');
  unpin(at('user'));
  const overlapping = [...mapping, { containerId: 5, hostId: 300_000, length: 10 }];
  await assert.rejects(
    worker.pin({
      user: { path: at('user'), mappings: { uids: overlapping, gids: mapping } },
      net: at('net'),
    }),
    /uid_map.*EINVAL|uid_map.*invalid argument/,
  );
  assert.deepEqual(readdirSync(join(scratch, 'pins')), []);
});

test('a mount with shifted owners, read-only or not', async () => {
  await worker.pin({ user: { path: at('user'), mappings } });
  const [source, target] = [join(scratch, 'source'), join(scratch, 'target')];
  mkdirSync(join(source, 'inner'), { recursive: true });
  mkdirSync(target);
  chownSync(source, 7, 8);
  assert.equal(canMapIds(source, at('user')), true);
  assert.equal(canMapIds('/proc', at('user')), false);
  bindMount(source, target, { idMap: at('user'), recursive: true, propagation: 'rslave' });
  const { uid, gid } = statSync(target);
  assert.deepEqual([uid, gid], [100_007, 100_008]);
  inside(`touch ${join(target, 'new')}`, ['user']);
  assert.equal(statSync(join(source, 'new')).uid, 0);
  unmount(target);
  bindMount(source, target, { idMap: at('user'), readonly: true });
  assert.throws(() => writeFileSync(join(target, 'x'), ''), { code: 'EROFS' });
  assert.throws(() => bindMount('/proc', target, { idMap: at('user') }), { code: 'EINVAL' });
  unmount(target);
});

test('an overlay of layers with shifted owners', async () => {
  await worker.pin({ user: { path: at('user'), mappings } });
  const dir = (name: string) => {
    const path = join(scratch, 'overlay', name);
    mkdirSync(path, { recursive: true });
    return path;
  };
  mount({ source: 'tmpfs', target: dir('.'), fstype: 'tmpfs' });
  const layers = dir('layers');
  writeFileSync(join(dir('layers/1'), 'file'), 'lower');
  bindMount(layers, dir('shifted'), { idMap: at('user'), readonly: true });
  overlayMount({
    lowerDirs: [join(dir('shifted'), '1')],
    upperDir: dir('upper'),
    workDir: dir('work'),
    target: dir('root'),
  });
  unmount(dir('shifted'), { detach: true });
  assert.equal(statSync(join(dir('root'), 'file')).uid, 100_000);
  inside(`echo more >> ${join(dir('root'), 'file')}`, ['user']);
  assert.equal(statSync(join(dir('upper'), 'file')).uid, 100_000);
  assert.equal(readFileSync(join(layers, '1/file'), 'utf8'), 'lower');
});

test('the process that holds new namespaces ends with the one that made it', {
  timeout: 600_000,
}, async () => {
  const script = `
    const { UserNamespaceProcess } = await import(process.argv[1]);
    const mapping = [{ containerId: 0, hostId: 100000, length: 1 }];
    const held = new UserNamespaceProcess(0, { uids: mapping, gids: mapping });
    console.log(held.namespace('user'));
    setInterval(() => held.namespace('user'), 1000);`;
  const module = new URL('./user-namespace.ts', import.meta.url).href;
  const maker = spawn(process.execPath, ['--input-type=module', '-e', script, module], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(maker.stdout, 'data')) as [Buffer];
  const pid = /\d+/.exec(String(line))?.[0] ?? '';
  const state = () => /^State:\s(\w)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  // It may not have come to its sleep yet.
  assert.match(state() ?? '', /^[RS]$/);
  maker.kill('SIGKILL');
  await once(maker, 'exit');
  await until(`process ${pid} has ended`, () => {
    try {
      return state() === 'Z';
    } catch {
      return true;
    }
  });
});
