// What a berthd that was killed has half made, and the next one cannot remove yet: it is shown, can be stopped and
// removed, and is tried again.
import assert from 'node:assert/strict';
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type CriClient, connectCri } from '@berth/cri/client/client.ts';
import { ContainerState, PodSandboxState } from '@berth/cri/generated/api.ts';
import { mknod } from '@berth/linux/files/mknod.ts';
import { mount, unmountAll } from '@berth/linux/mounts/mount.ts';
import { type BerthdPaths, layOutBerthd, startBerthd } from '@berth/test-support/berthd.ts';
import { loadTestImage } from '@berth/test-support/images.ts';
import { patience } from '@berth/test-support/machine-speed.ts';
import { PodNetwork } from '@berth/test-support/pod-network.ts';
import { containerConfig, sandboxConfig } from '@berth/test-support/pods.ts';
import { type Daemon, scratchDir } from '@berth/test-support/scratch.ts';
import { findProgram } from '../host/programs.ts';
import { failsWith, until } from '../testing/pod-calls.ts';

let network: PodNetwork;
const scratch = scratchDir('half-made');
const dir = scratch.path;
const at = (name: string) => join(dir, name);
let paths: BerthdPaths;
let berthd: Daemon;
let client: CriClient;

/** A program that says by a file that it was called, and goes on when the gate is opened. */
function script(path: string, text: string): void {
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
}

before(async () => {
  const plugins = at('plugins');
  mkdirSync(plugins);
  paths = layOutBerthd(dir, {
    extra: `runtimes:\n  crun: {}\n  gated: { path: ${at('gated')} }\n`,
  });
  const config = readFileSync(paths.config, 'utf8');
  writeFileSync(paths.config, config.replace('cni:\n', `cni:\n  pluginDirs: [${plugins}, /usr/lib/cni]\n`));
  mknod(at('gate'), { type: 'fifo', mode: 0o600 });
  // The network agent that the plugin needs is there when there is a file `up`.
  script(
    join(plugins, 'agent'),
    `input=$(cat)
if [ ! -e ${at('up')} ] && [ $CNI_COMMAND = ADD ]; then touch ${at('adding')}; read line < ${at('gate')}; fi
if [ ! -e ${at('up')} ]; then echo '{"code":11,"msg":"the agent is not up"}'; exit 1; fi
[ $CNI_COMMAND = ADD ] && echo "$input" | sed 's/.*"prevResult":\\(.*}\\)}$/\\1/'; exit 0`,
  );
  script(
    at('gated'),
    `case " $* " in *" create "*) touch ${at('creating')}; read line < ${at('gate')}; exit 1;; esac
exec ${findProgram('crun', 'crun')} "$@"`,
  );
  network = await PodNetwork.take('half');
  const { bridge, subnet } = network;
  const ipam = { type: 'host-local', dataDir: at('leases'), ranges: [[{ subnet }]] };
  const list = {
    cniVersion: '1.0.0',
    name: 'half',
    plugins: [{ type: 'bridge', bridge, isGateway: true, ipam }, { type: 'agent' }],
  };
  writeFileSync(join(paths.cniConfDir, '10.conflist'), JSON.stringify(list));
  berthd = await startBerthd(paths, dir);
  client = connectCri(paths.socket, { timeoutMs: patience(30_000) });
  await loadTestImage(paths.socket);
});

after(async () => {
  client.close();
  await berthd.stop();
  network[Symbol.dispose]();
  scratch[Symbol.dispose]();
});

const call = () => client.runtime;
/** Lets on who waits at the gate, and who comes to it before the end of the scope. */
function openGate(): Disposable {
  // Opened for both, so that it blocks nobody here.
  const gate = openSync(at('gate'), 'r+');
  writeSync(gate, '\n');
  return { [Symbol.dispose]: () => closeSync(gate) };
}
const leases = () => readdirSync(at('leases/half')).filter((name) => /^\d/.test(name));
const config = (name: string) => ({ ...sandboxConfig({ name, logDir: at('logs') }) });
const restart = async () => {
  await berthd.stop('SIGKILL');
  // What the dead berthd was waiting for ends.
  using _gate = openGate();
  berthd = await startBerthd(paths, dir);
};

/** A pod in the midst of whose network berthd is killed, while the next berthd cannot detach it. */
async function halfMade(name: string) {
  rmSync(at('up'), { force: true });
  rmSync(at('adding'), { force: true });
  const pod = config(name);
  const making = call().runPodSandbox({ config: pod });
  making.catch(() => {});
  await until(() => existsSync(at('adding')));
  await restart();
  await assert.rejects(making);
  const { items } = await call().listPodSandbox({});
  assert.deepEqual(
    items.map(({ metadata, state }) => [metadata?.name, state]),
    [[name, PodSandboxState.SANDBOX_NOTREADY]],
  );
  const [{ id = '' } = {}] = items;
  return { pod, id };
}

test('a half-made sandbox is shown as not ready, and stopped and removed once its plugin works', async () => {
  const { pod, id } = await halfMade('shown');
  const { status } = await call().podSandboxStatus({ podSandboxId: id });
  assert.equal(status?.state, PodSandboxState.SANDBOX_NOTREADY);
  await assert.rejects(
    call().runPodSandbox({ config: pod }),
    failsWith('ALREADY_EXISTS', /remove that pod sandbox/),
  );
  const notUp = failsWith('INTERNAL', /CNI plugin agent .*DEL.*the agent is not up/);
  await assert.rejects(call().stopPodSandbox({ podSandboxId: id }), notUp);
  await assert.rejects(call().removePodSandbox({ podSandboxId: id }), notUp);
  assert.equal(leases().length, 1);

  writeFileSync(at('up'), '');
  await call().stopPodSandbox({ podSandboxId: id });
  assert.deepEqual(leases(), []);
  await call().removePodSandbox({ podSandboxId: id });
  assert.deepEqual((await call().listPodSandbox({})).items, []);
  const { podSandboxId } = await call().runPodSandbox({ config: pod });
  await call().removePodSandbox({ podSandboxId });
  assert.deepEqual(leases(), []);
});

test('a half-made sandbox is removed by itself once its plugin works, at once with a new configuration', async () => {
  const { pod } = await halfMade('retried');
  const attempts = () => berthd.output().match(/Trying again in .* removing sandbox/g)?.length ?? 0;
  const seen = attempts();
  await until(() => attempts() > seen);
  const file = join(paths.cniConfDir, '10.conflist');
  writeFileSync(at('up'), '');
  writeFileSync(file, `${readFileSync(file, 'utf8')}\n`);
  await until(async () => (await call().listPodSandbox({})).items.length === 0);
  assert.deepEqual(leases(), []);
  const { podSandboxId } = await call().runPodSandbox({ config: pod });
  await call().removePodSandbox({ podSandboxId });
});

test('a call that was cancelled in the midst of the network frees the name for the next', async () => {
  rmSync(at('up'), { force: true });
  rmSync(at('adding'), { force: true });
  const pod = config('cancelled');
  const cancel = new AbortController();
  const first = call().runPodSandbox({ config: pod }, { signal: cancel.signal });
  first.catch(() => {});
  await until(() => existsSync(at('adding')));
  cancel.abort();
  await assert.rejects(first);
  // On the same connection, so that berthd has read the cancellation when it answers.
  await call().version({});
  // It has to wait: a plugin is not cut short.
  const second = call().runPodSandbox({ config: pod });
  writeFileSync(at('up'), '');
  using _gate = openGate();
  const { podSandboxId } = await second;
  const { items } = await call().listPodSandbox({});
  assert.deepEqual(
    items.map(({ id }) => id),
    [podSandboxId],
  );
  assert.equal(leases().length, 1);
  await call().removePodSandbox({ podSandboxId });
  assert.deepEqual(leases(), []);
});

test('a half-made container that cannot be removed is shown as exited, and removed when it can be', async () => {
  writeFileSync(at('up'), '');
  const pod = config('container');
  const { podSandboxId } = await call().runPodSandbox({ config: pod, runtimeHandler: 'gated' });
  const making = call().createContainer({
    podSandboxId,
    config: containerConfig(['/bin/sleep', '600']),
    sandboxConfig: pod,
  });
  making.catch(() => {});
  await until(() => existsSync(at('creating')));
  const [layer = ''] = readdirSync(join(paths.root, 'containers'));
  // Nothing is removed through a mount.
  const target = join(paths.root, 'containers', layer, 'busy');
  mkdirSync(target);
  mount({ source: 'busy', target, fstype: 'tmpfs', flags: [] });
  try {
    await restart();
    await assert.rejects(making);
    const { containers } = await call().listContainers({});
    assert.deepEqual(
      containers.map(({ id, state }) => [id, state]),
      [[layer, ContainerState.CONTAINER_EXITED]],
    );
    const { status } = await call().containerStatus({ containerId: layer });
    assert.match(status?.message ?? '', /^creating it failed, and it could not be removed: /);
    await call().stopContainer({ containerId: layer, timeout: 0n });
    await assert.rejects(call().removeContainer({ containerId: layer }));
  } finally {
    unmountAll(target);
  }
  await call().removeContainer({ containerId: layer });
  assert.deepEqual((await call().listContainers({})).containers, []);
  await call().removePodSandbox({ podSandboxId });
});
