// `berth cp`, `port-forward`, `version` and `completion` with a real berthd and containers, hostile ones too.
import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ContainerState, NamespaceMode, type NamespaceOption } from '@berth/cri/generated/api.ts';
import { type BerthdNode, startBerthdNode } from '@berth/test-support/berthd-node.ts';
import { loadTestImage } from '@berth/test-support/images.ts';
import { containerConfig, sandboxConfig } from '@berth/test-support/pods.ts';
import { runCrictl } from '@berth/test-support/running-crictl.ts';
import { checkout } from '@berth/test-support/scratch.ts';
import { until } from '@berth/test-support/until.ts';
import { Command } from 'commander';
import { registerTools } from '../cli/tools.ts';
import { complete } from './complete.ts';
import { cp } from './cp.ts';
import { version } from './version.ts';

let node: BerthdNode;
let local = '';
const warnings: string[] = [];
const copy = (from: string, to: string, container?: string) =>
  cp({ socket: node.socket }, from, to, container === undefined ? {} : { container }, {
    write: (text) => warnings.push(text),
  });

/** A pod with a container, of the same name by default, that runs `script`. */
async function pod(
  name: string,
  script: string,
  user = 0n,
  namespaces: Partial<NamespaceOption> = {},
  container = name,
): Promise<string> {
  const { runtime } = node.client;
  const base = sandboxConfig({
    name,
    logDir: join(node.dir, 'logs'),
    cgroupParent: node.paths.cgroupParent,
  });
  const namespaceOptions = { pid: NamespaceMode.CONTAINER, ...namespaces };
  const config = { ...base, linux: { ...base.linux, securityContext: { namespaceOptions } } };
  const { podSandboxId } = await runtime.runPodSandbox({ config });
  const { containerId } = await runtime.createContainer({
    podSandboxId,
    config: {
      ...containerConfig(['/bin/sh', '-c', script]),
      metadata: { name: container, attempt: 0 },
      linux: { securityContext: { runAsUser: { value: user }, namespaceOptions } },
    },
    sandboxConfig: config,
  });
  await runtime.startContainer({ containerId });
  return containerId;
}

const ran = (containerId: string, script: string) =>
  node.client.runtime
    .execSync({ containerId, cmd: ['/bin/sh', '-c', script], timeout: 30n })
    .then(({ stdout, stderr }) => Buffer.concat([stdout, stderr]).toString());

before(async () => {
  node = await startBerthdNode({ name: 'copies' });
  await loadTestImage(node.socket);
  local = join(node.dir, 'local');
  mkdirSync(local);
});
after(() => node?.[Symbol.asyncDispose]());

test('files and directories go out and in', async () => {
  // A container elsewhere with the name of the pod is not meant.
  await pod('beside', 'sleep 1000', 0n, {}, 'web');
  const id = await pod('web', 'sleep 1000');
  await ran(
    id,
    'mkdir -p /data/sub; echo one > /data/one; echo two > /data/sub/two; chmod 6755 /data/one; ln -s one /data/link; truncate -s 100M /data/sparse 2>/dev/null || dd if=/dev/zero of=/data/sparse bs=1 count=0 seek=100M 2>/dev/null',
  );
  assert(await copy('web:/data', local));
  assert.equal(readFileSync(join(local, 'data/one'), 'utf8'), 'one\n');
  assert.equal(readFileSync(join(local, 'data/sub/two'), 'utf8'), 'two\n');
  assert.equal(readlinkSync(join(local, 'data/link')), 'one');
  assert.equal(statSync(join(local, 'data/one')).mode & 0o7777, 0o755);
  const sparse = statSync(join(local, 'data/sparse'));
  assert.deepEqual([sparse.size, sparse.blocks], [100 * 1024 * 1024, 0]);
  assert(await copy('web/web:/data/one', join(local, 'renamed')));
  assert(await copy('web:/data/link', join(local, 'followed')));
  assert.equal(readFileSync(join(local, 'followed'), 'utf8'), 'one\n');
  assert(await copy('web:/proc/version', local, 'web'));
  assert.match(readFileSync(join(local, 'version'), 'utf8'), /^Linux version/);
  assert(await copy(`${local}/data/.`, 'web:/tmp'));
  assert(await copy(join(local, 'renamed'), 'web:/data/one'));
  assert(await copy(join(local, 'data'), 'web:/copy'));
  assert.equal(
    await ran(id, 'cat /tmp/one /tmp/sub/two /copy/one; ls /tmp /copy | wc -l'),
    'one\ntwo\none\n11\n',
  );
  assert.deepEqual(warnings, []);
  assert.deepEqual(
    readdirSync(local).filter((name) => name.startsWith('.')),
    [],
  );
});

test('copies belong to the user of the container, with whose permissions they are made', async () => {
  const id = await pod('alice', 'sleep 1000', 1000n);
  writeFileSync(join(local, 'secret'), 'x', { mode: 0o600 });
  assert(await copy(join(local, 'secret'), 'alice:/tmp/secret'));
  assert.match(await ran(id, 'stat -c "%u %a" /tmp/secret; cat /tmp/secret'), /^1000 600\nx$/);
  await assert.rejects(copy(join(local, 'secret'), 'alice:/etc/secret'), /permission denied/);
  await assert.rejects(copy(join(local, 'secret'), 'alice:/etc/passwd'), /permission denied/);
});

test('a pod with users of its own gets files of its users', async () => {
  const mapping = [{ containerId: 0, hostId: 400_000, length: 65_536 }];
  const usernsOptions = { mode: NamespaceMode.POD, uids: mapping, gids: mapping };
  const id = await pod('users', 'sleep 1000', 7n, { usernsOptions });
  writeFileSync(join(local, 'mine'), 'mine');
  assert(await copy(join(local, 'mine'), 'users:/tmp/mine'));
  assert.equal(await ran(id, 'stat -c "%u" /tmp/mine; cat /tmp/mine'), '7\nmine');
  assert(await copy('users:/tmp/mine', join(local, 'mine-back')));
  assert.equal(statSync(join(local, 'mine-back')).uid, 0);
});

test('a container cannot lead a copy out of itself, nor out of the target', async () => {
  const outside = join(node.dir, 'outside');
  mkdirSync(outside);
  writeFileSync(join(outside, 'host'), 'host');
  const id = await pod('evil', 'sleep 1000');
  const up = '../'.repeat(20);
  await ran(
    id,
    `mkdir -p /out/dir /in; ln -s ${outside} /out/dir/away; ln -s ${up}${outside} /out/up; ln -s /proc/1/root/${up} /out/magic; mkfifo /out/fifo 2>/dev/null; ln -s ${up}${outside} /in/away; ln -s ${outside}/made /in/file; ln -s away /out/loop; cd /out && ln -s loop2 loop2`,
  );
  await assert.rejects(
    copy('evil:/out/dir/away/host', local),
    /cannot copy evil:\/out\/.* to .*: no such file/,
  );
  await assert.rejects(copy(`evil:/out/up/host`, local), /cannot copy evil:\/out\/.* to .*: no such file/);
  await assert.rejects(copy('evil:/out/loop2', local), /ELOOP|symbolic link/);
  await assert.rejects(copy('evil:/proc/1/root/etc/passwd', local), /ELOOP|symbolic link/);
  // Links come out as links, and are not followed on the way in again.
  const target = join(local, 'evil');
  mkdirSync(target);
  symlinkSync(outside, join(target, 'dir'));
  await assert.rejects(copy('evil:/out/.', target), /ELOOP|ENOTDIR|symbolic link|not a directory/);
  assert.deepEqual(readdirSync(outside), ['host']);
  warnings.length = 0;
  const whole = await copy('evil:/out', join(local, 'evil2'));
  assert.equal(whole, warnings.length === 0);
  assert(lstatSync(join(local, 'evil2/dir/away')).isSymbolicLink());
  // Into a link of the container: it leads to what the container sees there, which is nothing.
  await assert.rejects(copy(join(local, 'renamed'), 'evil:/in/away/made'), /is not a directory|no such file/);
  assert(await copy(join(local, 'renamed'), 'evil:/in/file'));
  assert.equal(await ran(id, 'cat /in/file; readlink /in/file'), 'one\n');
  assert.deepEqual(readdirSync(outside), ['host']);
});

test('devices are left out and told of, and the kernel’s file systems too', async () => {
  const id = await pod('devices', 'sleep 1000');
  warnings.length = 0;
  assert.equal(await copy('devices:/dev', join(local, 'dev')), false);
  assert(
    warnings.some((line) => /\/dev\/zero is not copied: a device/.test(line)),
    warnings.join(''),
  );
  await ran(id, 'mkdir /top; exit 0');
  warnings.length = 0;
  assert.equal(await copy('devices:/', join(local, 'all')), false);
  assert(
    warnings.some((line) => /^\/proc is not copied: a file system of the kernel's/.test(line)),
    warnings.join(''),
  );
  assert(existsSync(join(local, 'all/bin/busybox')));
});

test('a container whose processes are stopped is copied from, one that has ended is not', async () => {
  const id = await pod('frozen', 'echo here > /here; kill -STOP $$; sleep 1000');
  const state = async () => (await node.client.runtime.containerStatus({ containerId: id })).status?.state;
  await until('the file is there', () => copy('frozen:/here', local).catch(() => false));
  assert.equal(readFileSync(join(local, 'here'), 'utf8'), 'here\n');
  await node.client.runtime.stopContainer({ containerId: id, timeout: 0n });
  assert.equal(await state(), ContainerState.CONTAINER_EXITED);
  await assert.rejects(copy('frozen:/here', local), /frozen does not run/);
  await assert.rejects(copy('none:/here', local), /none/);
  await assert.rejects(copy('web:/none', local), /cannot copy .*: no such file/);
  await assert.rejects(copy(join(local, 'none'), 'web:/tmp'), /cannot copy .*: no such file/);
  await assert.rejects(copy('web:/data', join(local, 'no/such')), /no is not a directory/);
});

test('a port of a pod answers on this machine until Ctrl-C', async () => {
  await pod('echo', 'while true; do echo hello | nc -l -p 7777; done');
  const call = join(checkout, 'packages/berth/src/testing/call.ts');
  const args = JSON.stringify([{ socket: node.socket }, 'echo', [':7777']]);
  using forward = runCrictl([process.execPath, call, 'port-forward', 'portForward', args]);
  await forward.printed(/Forwarding from 127\.0\.0\.1:\d+ -> 7777/);
  const port = Number(/127\.0\.0\.1:(\d+)/.exec(forward.out())?.[1]);
  const answer = await new Promise<string>((resolve, reject) => {
    let text = '';
    connect(port, '127.0.0.1')
      .on('data', (chunk) => {
        text += chunk;
        if (text.includes('hello')) resolve(text);
      })
      .on('error', reject)
      .on('close', () => resolve(text));
  });
  assert.equal(answer, 'hello\n');
  forward.interrupt();
  assert.equal((await forward.exit()).err, '');
  const wrong = JSON.stringify([{ socket: node.socket }, 'echo', ['http']]);
  using other = runCrictl([process.execPath, call, 'port-forward', 'portForward', wrong]);
  assert.match((await other.exit()).err, /http.*want \[LOCAL:\]REMOTE/s);
});

test('names of pods, containers and images complete', async () => {
  const program = new Command('berth');
  registerTools(program, () => assert.fail('no command runs'));
  const at = async (line: string) => {
    const texts: string[] = [];
    const layout = () => ({ socket: node.socket });
    await complete(layout, program, ['berth', ...line.split(' ')], { write: (text) => texts.push(text) });
    return texts.join('').replaceAll(/\t.*/g, '');
  };
  assert.equal(await at('port-forward we'), 'web\n');
  assert.equal(await at('cp we'), 'web:\n');
  assert.equal(await at('cp ./x'), ':files\n');
  assert.equal(await at('cp -c we'), 'web/web\n');
  assert.match(await at('run localhost/'), /^localhost\/berth-test\/busybox:1\n/);
  const nowhere: string[] = [];
  await complete(() => ({ socket: '/none' }), program, ['berth', 'run', ''], {
    write: (text) => nowhere.push(text),
  });
  assert.deepEqual(nowhere.join(''), '');
});

test('the versions of all parts, and a daemon of another build', async () => {
  const programs = {
    conmon: 'conmon',
    runtimes: { crun: { path: 'crun' } } as never,
    cni: { pluginDirs: ['/usr/lib/cni'] },
  };
  const shown = async (binDir: string) => {
    const texts: string[] = [];
    const layout = { binDir, socket: node.socket, kubeletSocket: '/none' };
    await version(layout, programs, { write: (text) => texts.push(text) });
    return texts.join('');
  };
  const text = await shown(join(checkout, 'bin'));
  for (const line of [
    /^berth +\d/m,
    new RegExp(`^berthd +berth \\S+ {3}pid ${node.berthd.pid}$`, 'm'),
    /^kubelet +does not run$/m,
    /^crictl +1\.36/m,
    /^crun +1\./m,
    /^conmon +2\./m,
    /^CNI bridge +/m,
    /^kernel +\d/m,
  ])
    assert.match(text, line);
  assert.match(await shown('/opt/other/bin'), /^berthd .*runs from another installation: /m);
  chmodSync(join(checkout, 'dist/berthd.mjs'), statSync(join(checkout, 'dist/berthd.mjs')).mode & 0o777);
  assert.match(await shown(join(checkout, 'bin')), /^berthd .*started from an older build/m);
});
