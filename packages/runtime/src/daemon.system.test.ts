import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { CriError } from '@berth/cri/errors.ts';
import { type ContainerEventResponse, NamespaceMode } from '@berth/cri/generated/api.ts';
import { leaks, takeCensus } from '../../../test/support/leaks.ts';
import { startDaemon } from './daemon.ts';
import { createLogger } from './log.ts';
import { TestNode } from './testing/test-node.ts';

let node: TestNode;
before(async () => {
  node = await TestNode.start('rt', 241);
});
after(() => node[Symbol.asyncDispose]());

const call = () => node.client.runtime;
const isolated = { network: NamespaceMode.POD, pid: NamespaceMode.CONTAINER, ipc: NamespaceMode.POD };

async function runPod(name: string, change: object = {}): Promise<string> {
  const { podSandboxId } = await call().runPodSandbox({ config: node.sandboxConfig(name, change) });
  return podSandboxId;
}

async function makeContainer(podSandboxId: string, command: string[], change: object = {}): Promise<string> {
  const { containerId } = await call().createContainer({
    podSandboxId,
    config: node.containerConfig(command, change),
    sandboxConfig: node.sandboxConfig('unused'),
  });
  return containerId;
}

async function startContainer(podSandboxId: string, command: string[], change: object = {}): Promise<string> {
  const containerId = await makeContainer(podSandboxId, command, change);
  await call().startContainer({ containerId });
  return containerId;
}

async function statusOf(containerId: string) {
  const { status } = await call().containerStatus({ containerId });
  assert.ok(status !== undefined);
  return status;
}

async function shell(containerId: string, script: string): Promise<string> {
  const { stdout, stderr, exitCode } = await call().execSync({
    containerId,
    cmd: ['/bin/sh', '-c', script],
    timeout: 10n,
  });
  assert.equal(exitCode, 0, Buffer.from(stderr).toString());
  return Buffer.from(stdout).toString().trim();
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (const deadline = performance.now() + 10_000; !(await condition()); ) {
    assert.ok(performance.now() < deadline, 'it does not come to pass');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const failsWith = (code: string, message: RegExp) => (error: CriError) => {
  assert.equal(error.code, code, error.message);
  assert.match(error.message, message);
  return true;
};

test('a whole life of a pod: states, lists, events, log, exit code, and nothing left', async () => {
  const folders = ['state', 'leases', 'cni-cache', 'root/containers'].map((name) => join(node.dir, name));
  // The bridge and the folders that stay come with the first pod.
  await call().removePodSandbox({ podSandboxId: await runPod('first') });
  const before = takeCensus(folders);
  const stop = new AbortController();
  const events: ContainerEventResponse[] = [];
  const listening = (async () => {
    for await (const event of call().getContainerEvents({}, { signal: stop.signal })) events.push(event);
  })().catch(() => {});
  await until(async () => node.lines.length > 0 && events.length >= 0);
  await new Promise((resolve) => setTimeout(resolve, 100));

  const sandbox = await runPod('life', { labels: { app: 'life' } });
  const { status: pod } = await call().podSandboxStatus({ podSandboxId: sandbox });
  assert.equal(pod?.state, 0);
  assert.match(pod?.network?.ip ?? '', /^10\.241\.0\.\d+$/);
  const container = await makeContainer(sandbox, ['/bin/sh', '-c', 'echo out; echo err >&2; exit 7']);
  assert.equal((await statusOf(container)).state, 0);
  const { containers } = await call().listContainers({ filter: { podSandboxId: sandbox.slice(0, 13) } });
  assert.deepEqual(
    containers.map(({ id, podSandboxId }) => [id, podSandboxId]),
    [[container, sandbox]],
  );
  await call().startContainer({ containerId: container });
  await until(async () => (await statusOf(container)).state === 2);
  const { exitCode, reason, startedAt, finishedAt, createdAt, logPath } = await statusOf(
    container.slice(0, 12),
  );
  assert.deepEqual([exitCode, reason], [7, 'Error']);
  assert.ok(createdAt < startedAt && startedAt <= finishedAt);
  const log = readFileSync(logPath, 'utf8');
  assert.match(log, /^\S+ stdout F out$/m);
  assert.match(log, /^\S+ stderr F err$/m);
  await assert.rejects(
    call().startContainer({ containerId: container }),
    failsWith('FAILED_PRECONDITION', /not in created state: exited/),
  );

  await call().stopContainer({ containerId: container, timeout: 0n });
  await call().stopPodSandbox({ podSandboxId: sandbox });
  await call().stopPodSandbox({ podSandboxId: sandbox });
  const { items } = await call().listPodSandbox({ filter: { labelSelector: { app: 'life' } } });
  assert.deepEqual(
    items.map(({ id, state }) => [id, state]),
    [[sandbox, 1]],
  );
  await call().removePodSandbox({ podSandboxId: sandbox });
  await call().removePodSandbox({ podSandboxId: sandbox });
  await until(async () => events.filter(({ containerId }) => containerId === sandbox).length >= 4);
  const told = (id: string) =>
    events.filter((event) => event.containerId === id).map((event) => event.containerEventType);
  assert.deepEqual(told(container), [0, 1, 2, 3]);
  assert.deepEqual(told(sandbox), [0, 1, 2, 3]);
  const stopped = events.find((event) => event.containerId === container && event.containerEventType === 2);
  assert.equal(stopped?.podSandboxStatus?.id, sandbox);
  assert.equal(stopped?.containersStatuses[0]?.exitCode, 7);
  stop.abort();
  await listening;

  const left = () =>
    leaks(before, takeCensus(folders)).filter((line) => /rt-|brrt241|^namespaces|^files/.test(line));
  await until(async () => left().filter((line) => line.includes(node.dir)).length === 0);
});

test('stopping: the grace period, then the kill; a shorter stop overtakes a longer one', async () => {
  const sandbox = await runPod('stop');
  const stubborn = ['/bin/sh', '-c', 'trap "" TERM; while true; do sleep 1; done'];
  const polite = await startContainer(
    sandbox,
    ['/bin/sh', '-c', 'trap "exit 3" TERM; while true; do sleep 0.05; done'],
    {
      metadata: { name: 'polite', attempt: 0 },
    },
  );
  await new Promise((resolve) => setTimeout(resolve, 100));
  await call().stopContainer({ containerId: polite, timeout: 20n });
  assert.equal((await statusOf(polite)).exitCode, 3);

  const one = await startContainer(sandbox, stubborn, { metadata: { name: 'one', attempt: 0 } });
  await new Promise((resolve) => setTimeout(resolve, 100));
  const began = performance.now();
  const slow = call().stopContainer({ containerId: one, timeout: 25n });
  await call().stopContainer({ containerId: one, timeout: 1n });
  await slow;
  const took = performance.now() - began;
  assert.ok(took >= 900 && took < 8000, `${took} ms`);
  assert.equal((await statusOf(one)).exitCode, 137);

  const never = await makeContainer(sandbox, ['/bin/true'], { metadata: { name: 'never', attempt: 0 } });
  await call().stopContainer({ containerId: never, timeout: 10n });
  const { state, startedAt } = await statusOf(never);
  assert.deepEqual([state, startedAt], [2, 0n]);
  await call().removePodSandbox({ podSandboxId: sandbox });
});

test('ExecSync: output, exit code, timeout, a command that is not there', async () => {
  const sandbox = await runPod('exec');
  const containerId = await startContainer(sandbox, ['/bin/sleep', '600']);
  const exec = (cmd: string[], timeout = 10n) => call().execSync({ containerId, cmd, timeout });
  const { stdout, stderr, exitCode } = await exec(['/bin/sh', '-c', 'echo a; echo b >&2; exit 5']);
  assert.deepEqual(
    [Buffer.from(stdout).toString(), Buffer.from(stderr).toString(), exitCode],
    ['a\n', 'b\n', 5],
  );
  await assert.rejects(exec(['/bin/sleep', '60'], 1n), failsWith('DEADLINE_EXCEEDED', /./));
  await until(async () => !(await shell(containerId, 'ps')).includes('sleep 60\n'));
  await assert.rejects(exec(['/nope']), failsWith('UNKNOWN', /\/nope/));
  await assert.rejects(exec([]), failsWith('INVALID_ARGUMENT', /^cmd: is required/));
  const big = await exec(['/bin/sh', '-c', 'yes | head -c 20000000']);
  assert.ok(big.stdout.length > 16_000_000 && big.stdout.length < 16 * 1024 * 1024);
  await call().removePodSandbox({ podSandboxId: sandbox });
});

test('a shared PID namespace has an init; when it dies the sandbox is not ready', async () => {
  const shared = { ...isolated, pid: NamespaceMode.POD };
  const linux = { linux: { securityContext: { namespaceOptions: shared } } };
  const sandbox = await runPod('shared', linux);
  const a = await startContainer(sandbox, ['/bin/sleep', '601'], {
    ...linux,
    metadata: { name: 'a', attempt: 0 },
  });
  const b = await startContainer(sandbox, ['/bin/sleep', '602'], {
    ...linux,
    metadata: { name: 'b', attempt: 0 },
  });
  assert.match(await shell(a, 'ps'), /init -P[\s\S]*sleep 601[\s\S]*sleep 602/);
  const { info } = await call().podSandboxStatus({ podSandboxId: sandbox, verbose: true });
  const { pid } = JSON.parse(info.info ?? '') as { pid: number };
  process.kill(pid, 'SIGKILL');
  await until(async () => (await call().podSandboxStatus({ podSandboxId: sandbox })).status?.state === 1);
  assert.equal((await statusOf(b)).exitCode, 137);
  await call().removePodSandbox({ podSandboxId: sandbox });
});

test("the host's namespaces, sysctls, DNS and host name", async () => {
  const host = { network: NamespaceMode.NODE, pid: NamespaceMode.NODE, ipc: NamespaceMode.NODE };
  const linux = { linux: { securityContext: { namespaceOptions: host } } };
  const onHost = await runPod('host', linux);
  assert.equal((await call().podSandboxStatus({ podSandboxId: onHost })).status?.network?.ip, '');
  const sees = await startContainer(onHost, ['/bin/sleep', '600'], linux);
  assert.match(await shell(sees, 'cat /proc/net/dev'), /brrt241/);
  await call().removePodSandbox({ podSandboxId: onHost });

  const own = await runPod('own', {
    hostname: 'own-name',
    dnsConfig: { servers: ['192.0.2.1'], searches: ['svc'], options: ['ndots:5'] },
    linux: {
      sysctls: { 'net.ipv4.ip_forward': '1', 'kernel.shm_rmid_forced': '1' },
      securityContext: { namespaceOptions: isolated },
    },
  });
  const container = await startContainer(own, ['/bin/sleep', '600']);
  assert.equal(
    await shell(container, 'hostname; cat /etc/hostname /etc/resolv.conf /proc/sys/kernel/shm_rmid_forced'),
    'own-name\nown-name\nsearch svc\nnameserver 192.0.2.1\noptions ndots:5\n1',
  );
  await call().removePodSandbox({ podSandboxId: own });
});

test('bad requests name the field, and leave nothing', async () => {
  const sandbox = await runPod('bad');
  const before = readdirSync(join(node.dir, 'state/containers')).length;
  const rows: [ask: () => Promise<unknown>, code: string, message: RegExp][] = [
    [
      () => call().runPodSandbox({ config: node.sandboxConfig('x', { metadata: undefined }) }),
      'INVALID_ARGUMENT',
      /^config\.metadata: is required/,
    ],
    [
      () => call().runPodSandbox({ config: node.sandboxConfig('x'), runtimeHandler: 'kata' }),
      'UNKNOWN',
      /runtime_handler "kata" is not configured/,
    ],
    [
      () => runPod('x', { linux: { cgroupParent: '/a/../b' } }),
      'INVALID_ARGUMENT',
      /cgroup_parent: "\/a\/\.\.\/b"/,
    ],
    [
      () => runPod('x', { linux: { cgroupParent: 'kubepods.slice' } }),
      'INVALID_ARGUMENT',
      /cgroup_parent: .*cgroupfs/,
    ],
    [
      () => runPod('x', { linux: { sysctls: { 'vm.swappiness': '1' } } }),
      'INVALID_ARGUMENT',
      /vm\.swappiness/,
    ],
    [
      () => makeContainer(sandbox, [], { command: [], image: { image: 'nowhere/none:1' } }),
      'NOT_FOUND',
      /config\.image: image nowhere\/none:1 is not here/,
    ],
    [() => makeContainer(sandbox, ['/nope']), 'UNKNOWN', /\/nope/],
    [
      () => makeContainer(sandbox, ['/bin/true'], { linux: { securityContext: { runAsUsername: 'ghost' } } }),
      'INVALID_ARGUMENT',
      /ghost/,
    ],
    [() => makeContainer('0123', ['/bin/true']), 'NOT_FOUND', /could not find pod "0123"/],
    [() => call().containerStatus({ containerId: 'abc' }), 'NOT_FOUND', /could not find container "abc"/],
    [() => call().podSandboxStatus({ podSandboxId: '' }), 'NOT_FOUND', /could not find pod/],
  ];
  for (const [ask, code, message] of rows) await assert.rejects(ask(), failsWith(code, message));
  await call().stopContainer({ containerId: 'abc' });
  await call().removeContainer({ containerId: 'abc' });
  assert.equal(readdirSync(join(node.dir, 'state/containers')).length, before);
  assert.equal((await call().listPodSandbox({})).items.length, 1);

  const config = node.sandboxConfig('same');
  const { podSandboxId } = await call().runPodSandbox({ config });
  await assert.rejects(
    call().runPodSandbox({ config }),
    failsWith('ALREADY_EXISTS', new RegExp(podSandboxId)),
  );
  await call().removePodSandbox({ podSandboxId });
  await call().removePodSandbox({ podSandboxId: sandbox });
});

test('a caller that gives up leaves nothing, and may ask again by the same name', async () => {
  const shared = {
    linux: { securityContext: { namespaceOptions: { ...isolated, pid: NamespaceMode.POD } } },
  };
  const config = node.sandboxConfig('gone', shared);
  for (const timeoutMs of [1, 5, 15, 30, 60]) {
    await call()
      .runPodSandbox({ config }, { timeoutMs })
      .catch(() => {});
    await until(async () => readdirSync(join(node.dir, 'state/sandboxes')).length === 0 || hasPods());
    const { items } = await call().listPodSandbox({});
    for (const { id } of items) await call().removePodSandbox({ podSandboxId: id });
  }
  const { podSandboxId } = await call().runPodSandbox({ config });
  const container = {
    podSandboxId,
    config: node.containerConfig(['/bin/sleep', '600'], shared),
    sandboxConfig: config,
  };
  for (const timeoutMs of [1, 10, 25]) {
    const containerId = await call()
      .createContainer(container, { timeoutMs })
      .then(
        (response) => response.containerId,
        () => undefined,
      );
    if (containerId !== undefined) await call().removeContainer({ containerId });
    await until(async () => readdirSync(join(node.dir, 'state/containers')).length === 0);
  }
  await call().removePodSandbox({ podSandboxId });
  await until(async () => readdirSync(join(node.dir, 'state/exits')).length === 0);
});

async function hasPods(): Promise<boolean> {
  return (await call().listPodSandbox({})).items.length > 0;
}

test('RPCs that are not there yet say so', async () => {
  await assert.rejects(
    call().containerStats({ containerId: 'x' }),
    failsWith('UNIMPLEMENTED', /ContainerStats/),
  );
});

test('a second berthd on the same directories is refused', async () => {
  await assert.rejects(
    startDaemon(
      { ...node.config, listen: join(node.dir, 'other.sock') },
      createLogger('error', () => {}),
    ),
    {
      message: /is in use by another berthd/,
    },
  );
});

test('containers go on without berthd, and what happened to them is known afterwards', async () => {
  const sandbox = await runPod('restart');
  const runs = await startContainer(sandbox, ['/bin/sleep', '600'], {
    metadata: { name: 'runs', attempt: 0 },
  });
  const ends = await startContainer(
    sandbox,
    ['/bin/sh', '-c', 'while ! [ -e /stop ]; do sleep 0.01; done; exit 9'],
    {
      metadata: { name: 'ends', attempt: 0 },
    },
  );
  const waits = await makeContainer(sandbox, ['/bin/sleep', '600'], {
    metadata: { name: 'waits', attempt: 0 },
  });
  await node.close();
  assert.equal(existsSync(node.config.listen), false);
  const root = join(node.dir, 'state/containers', ends, 'rootfs');
  writeFileSync(join(root, 'stop'), '');
  await until(async () => existsSync(join(node.dir, 'state/exits', ends)));
  await node.open();
  assert.equal((await statusOf(runs)).state, 1);
  const { state, exitCode } = await statusOf(ends);
  assert.deepEqual([state, exitCode], [2, 9]);
  assert.equal(await shell(runs, 'echo here'), 'here');
  await call().startContainer({ containerId: waits });
  assert.equal(await shell(waits, 'echo here'), 'here');
  await call().removePodSandbox({ podSandboxId: sandbox });
});

test('a container whose conmon is killed is killed, and says why', async () => {
  const sandbox = await runPod('conmon');
  const containerId = await startContainer(sandbox, ['/bin/sleep', '600']);
  const pid = Number(readFileSync(join(node.dir, 'state/containers', containerId, 'conmon-pid'), 'utf8'));
  process.kill(pid, 'SIGKILL');
  await until(async () => (await statusOf(containerId)).state === 2);
  const { exitCode, message } = await statusOf(containerId);
  assert.equal(exitCode, 137);
  assert.match(message, /conmon \(pid \d+\) is gone/);
  await call().removePodSandbox({ podSandboxId: sandbox });
});

test('a container that takes too much memory is OOMKilled', async () => {
  const sandbox = await runPod('oom');
  const containerId = await startContainer(
    sandbox,
    ['/bin/sh', '-c', 'x=$(yes | head -c 200000000); echo $x'],
    {
      linux: {
        resources: { memoryLimitInBytes: 16n * 1024n * 1024n },
        securityContext: { namespaceOptions: isolated },
      },
    },
  );
  await until(async () => (await statusOf(containerId)).state === 2);
  const { reason, exitCode } = await statusOf(containerId);
  assert.deepEqual([reason, exitCode], ['OOMKilled', 137]);
  await call().removePodSandbox({ podSandboxId: sandbox });
});
