import assert from 'node:assert/strict';
import { existsSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type ContainerEventResponse, NamespaceMode } from '@berth/cri/generated/api.ts';
import { leaks, takeCensus } from '@berth/test-support/leaks.ts';
import { failsWith, isolated, PodCalls, until } from '../testing/pod-calls.ts';
import { TestNode } from '../testing/test-node.ts';

let node: TestNode;
let pods: PodCalls;
before(async () => {
  node = await TestNode.start('rt-sandbox');
  pods = new PodCalls(node);
});
after(() => node[Symbol.asyncDispose]());

const call = () => node.client.runtime;

test('a whole life of a pod: states, lists, events, log, exit code, and nothing left', async () => {
  const folders = ['state', 'leases', 'cni-cache', 'root/containers'].map((name) => join(node.dir, name));
  // The bridge and the folders that stay come with the first pod.
  await call().removePodSandbox({ podSandboxId: await pods.runPod('first') });
  const before = takeCensus(folders);
  const stop = new AbortController();
  const events: ContainerEventResponse[] = [];
  const listening = assert.rejects(
    async () => {
      for await (const event of call().getContainerEvents({}, { signal: stop.signal })) events.push(event);
    },
    { code: 'CANCELLED' },
  );
  // The stream says nothing before its first event: pods come and go until one is heard of.
  await until(async () => {
    await call().removePodSandbox({ podSandboxId: await pods.runPod('heard') });
    return events.length > 0;
  });

  const sandbox = await pods.runPod('life', { labels: { app: 'life' } });
  const { status: pod } = await call().podSandboxStatus({ podSandboxId: sandbox });
  assert.equal(pod?.state, 0);
  assert.ok(node.network.has(pod?.network?.ip ?? ''));
  const container = await pods.makeContainer(sandbox, ['/bin/sh', '-c', 'echo out; echo err >&2; exit 7']);
  assert.equal((await pods.statusOf(container)).state, 0);
  const { containers } = await call().listContainers({ filter: { podSandboxId: sandbox.slice(0, 13) } });
  assert.deepEqual(
    containers.map(({ id, podSandboxId }) => [id, podSandboxId]),
    [[container, sandbox]],
  );
  await call().startContainer({ containerId: container });
  await until(async () => (await pods.statusOf(container)).state === 2);
  const { exitCode, reason, startedAt, finishedAt, createdAt, logPath } = await pods.statusOf(
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
  await pods.removePod(sandbox);
  await pods.removePod(sandbox);
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

  const ours = new RegExp(`rt-|${node.network.bridge}|^namespaces|^files`);
  const left = () => leaks(before, takeCensus(folders)).filter((line) => ours.test(line));
  await until(async () => left().filter((line) => line.includes(node.dir)).length === 0);
});

test('a shared PID namespace has an init; when it dies the sandbox is not ready', async () => {
  const shared = { ...isolated, pid: NamespaceMode.POD };
  const linux = { linux: { securityContext: { namespaceOptions: shared } } };
  const sandbox = await pods.runPod('shared', linux);
  const a = await pods.startContainer(sandbox, ['/bin/sleep', '601'], {
    ...linux,
    metadata: { name: 'a', attempt: 0 },
  });
  const b = await pods.startContainer(sandbox, ['/bin/sleep', '602'], {
    ...linux,
    metadata: { name: 'b', attempt: 0 },
  });
  assert.match(await pods.shell(a, 'ps'), /catatonit -P[\s\S]*sleep 601[\s\S]*sleep 602/);
  const { info } = await call().podSandboxStatus({ podSandboxId: sandbox, verbose: true });
  const { pid } = JSON.parse(info.info ?? '') as { pid: number };
  process.kill(pid, 'SIGKILL');
  await until(async () => (await call().podSandboxStatus({ podSandboxId: sandbox })).status?.state === 1);
  assert.equal((await pods.statusOf(b)).exitCode, 137);
  await pods.removePod(sandbox);
});

for (const handler of ['crun', 'runc']) {
  for (const what of ['plain', 'privileged', 'host-network']) {
    test(`the init of a shared PID namespace has no rights: a ${what} pod of ${handler}`, async () => {
      const network = what === 'host-network' ? NamespaceMode.NODE : NamespaceMode.POD;
      const namespaceOptions = { ...isolated, network, pid: NamespaceMode.POD };
      const linux = { linux: { securityContext: { namespaceOptions, privileged: what === 'privileged' } } };
      const sandbox = await pods.runPod(`init-${what}-${handler}`, linux, handler);
      const container = await pods.startContainer(sandbox, ['/bin/sleep', '600'], linux);
      const status = await pods.shell(container, 'head -1 /proc/1/cmdline; cat /proc/1/status');
      assert.match(status, /^\/catatonit\0-P/);
      assert.match(status, /^Uid:\t65535/m);
      assert.match(status, /^CapBnd:\t0{16}$/m);
      assert.match(status, /^CapEff:\t0{16}$/m);
      await pods.removePod(sandbox);
    });
  }
}

test("a container sees the host's processes, shared memory and message queues where its pod does", async () => {
  const namespaceOptions = { ...isolated, pid: NamespaceMode.NODE, ipc: NamespaceMode.NODE };
  const linux = { linux: { securityContext: { namespaceOptions } } };
  const sandbox = await pods.runPod('host-pid', linux);
  // What a request does not say is as in its pod.
  for (const [name, change] of [
    ['asks', linux],
    ['silent', { linux: {} }],
  ] as const) {
    const metadata = { name, attempt: 0 };
    const container = await pods.startContainer(sandbox, ['/bin/sleep', '600'], { ...change, metadata });
    assert.match(await pods.shell(container, `cat /proc/${process.pid}/comm`), /MainThread/);
    const pid = await pods.pidOf(container);
    for (const namespace of ['pid', 'ipc']) {
      assert.equal(readlinkSync(`/proc/${pid}/ns/${namespace}`), readlinkSync(`/proc/self/ns/${namespace}`));
    }
    assert.notEqual(readlinkSync(`/proc/${pid}/ns/net`), readlinkSync('/proc/self/ns/net'));
    const shared = `/dev/shm/berth-${name}-${process.pid}`;
    writeFileSync(shared, 'shared');
    assert.equal(await pods.shell(container, `cat ${shared}; rm ${shared}`), 'shared');
    assert.equal(existsSync(shared), false);
  }
  await pods.removePod(sandbox);
});

for (const network of [NamespaceMode.NODE, NamespaceMode.POD]) {
  test(`a pod (network ${network}) gets a copy of the host's names, unless a file is mounted there`, async () => {
    const namespaceOptions = { ...isolated, network };
    const linux = { linux: { securityContext: { namespaceOptions } } };
    const before = readFileSync('/etc/hosts', 'utf8');
    const sandbox = await pods.runPod('hosts', linux);
    const container = await pods.startContainer(sandbox, ['/bin/sleep', '600'], linux);
    assert.equal(await pods.shell(container, 'cat /etc/hosts'), before.trim());
    await pods.shell(container, 'echo 192.0.2.66 evil >> /etc/hosts');
    assert.equal(readFileSync('/etc/hosts', 'utf8'), before);

    const mine = join(node.dir, 'kubelet-hosts');
    writeFileSync(mine, '192.0.2.1 mine\n');
    const mounted = await pods.startContainer(sandbox, ['/bin/sleep', '600'], {
      ...linux,
      metadata: { name: 'mounted', attempt: 0 },
      mounts: [{ hostPath: mine, containerPath: '/etc/hosts' }],
    });
    assert.equal(await pods.shell(mounted, 'cat /etc/hosts'), '192.0.2.1 mine');
    await pods.removePod(sandbox);
    assert.equal(existsSync(join(node.dir, 'state/sandboxes', sandbox)), false);
  });
}

test("the host's namespaces, sysctls, DNS and host name", async () => {
  const host = { network: NamespaceMode.NODE, pid: NamespaceMode.NODE, ipc: NamespaceMode.NODE };
  const linux = { linux: { securityContext: { namespaceOptions: host } } };
  const onHost = await pods.runPod('host', linux);
  assert.equal((await call().podSandboxStatus({ podSandboxId: onHost })).status?.network?.ip, '');
  const sees = await pods.startContainer(onHost, ['/bin/sleep', '600'], linux);
  assert.match(await pods.shell(sees, 'cat /proc/net/dev'), new RegExp(node.network.bridge));
  await call().removePodSandbox({ podSandboxId: onHost });

  const own = await pods.runPod('own', {
    hostname: 'own-name',
    dnsConfig: { servers: ['192.0.2.1'], searches: ['svc'], options: ['ndots:5'] },
    linux: {
      sysctls: { 'net.ipv4.ip_forward': '1', 'kernel.shm_rmid_forced': '1' },
      securityContext: { namespaceOptions: isolated },
    },
  });
  const container = await pods.startContainer(own, ['/bin/sleep', '600']);
  assert.equal(
    await pods.shell(
      container,
      'hostname; cat /etc/hostname /etc/resolv.conf /proc/sys/kernel/shm_rmid_forced',
    ),
    'own-name\nown-name\nsearch svc\nnameserver 192.0.2.1\noptions ndots:5\n1',
  );
  await call().removePodSandbox({ podSandboxId: own });
});
