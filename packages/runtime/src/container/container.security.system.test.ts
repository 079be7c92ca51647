// What a node gives every pod without being asked, and what it refuses, as a process in a container finds it.
import assert from 'node:assert/strict';
import { chmodSync, readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { NamespaceMode } from '@berth/cri/generated/api.ts';
import { selinuxEnabled } from '@berth/linux/security/selinux.ts';
import { readSysctl } from '@berth/linux/sysctl.ts';
import { containerRlimits } from '../spec/rlimits.ts';
import { isolated, PodCalls } from '../testing/pod-calls.ts';
import { TestNode } from '../testing/test-node.ts';

let node: TestNode;
let pods: PodCalls;
before(async () => {
  node = await TestNode.start('rt-security');
  chmodSync(node.dir, 0o711);
  pods = new PodCalls(node);
});
after(() => node[Symbol.asyncDispose]());

const port = 'net.ipv4.ip_unprivileged_port_start';
const secure = (change: object = {}) => ({
  linux: { securityContext: { namespaceOptions: isolated, ...change } },
});
const user = secure({ runAsUser: { value: 1000n }, capabilities: { dropCapabilities: ['ALL'] } });
const parameters =
  'cat /proc/sys/net/ipv4/ip_unprivileged_port_start; cat /proc/sys/net/ipv4/ping_group_range';

test('any user listens on any port and may ping, as with containerd', async () => {
  const sandbox = await pods.runPod('ports');
  const container = await pods.startContainer(sandbox, ['/bin/sleep', '631'], user);
  assert.equal(await pods.shell(container, parameters), '0\n0\t2147483647');
  await pods.shell(container, 'timeout 0.2 nc -l -p 80 127.0.0.1; test $? != 1');
  await pods.removePod(sandbox);
});

test('a pod’s own kernel parameters go before those of the node, and the host’s stay', async () => {
  const before = readSysctl(port);
  const own = await pods.runPod('own', { linux: { ...secure().linux, sysctls: { [port]: '512' } } });
  const container = await pods.startContainer(own, ['/bin/sleep', '632']);
  assert.equal(await pods.shell(container, parameters), '512\n0\t2147483647');
  const host = secure({ namespaceOptions: { ...isolated, network: NamespaceMode.NODE } });
  const onHost = await pods.runPod('host', host);
  assert.equal(readSysctl(port), before);
  for (const id of [own, onHost]) await pods.removePod(id);

  await node.close();
  await node.open({ ...node.config, defaultSysctls: {} });
  const plain = await pods.runPod('plain');
  const without = await pods.startContainer(plain, ['/bin/sleep', '633']);
  assert.equal(await pods.shell(without, parameters), '1024\n1\t0');
  await pods.removePod(plain);
  await node.close();
  await node.open();
});

test('users of a pod’s own user namespace may ping as well', async () => {
  const ids = [{ containerId: 0, hostId: 400_000, length: 65_536 }];
  const usernsOptions = { mode: NamespaceMode.POD, uids: ids, gids: ids };
  const change = secure({ namespaceOptions: { ...isolated, usernsOptions } });
  const sandbox = await pods.runPod('mapped', change);
  const container = await pods.startContainer(sandbox, ['/bin/sleep', '634'], {
    linux: {
      securityContext: {
        ...change.linux.securityContext,
        ...user.linux.securityContext,
        namespaceOptions: change.linux.securityContext.namespaceOptions,
      },
    },
  });
  // Both ends are ids of the host that the namespace does not map, shown as nobody's; 1 and 0 would be none at all.
  assert.equal(await pods.shell(container, parameters), '0\n65534\t65534');
  await pods.removePod(sandbox);
});

test('open files have a number, in a container and in an exec', async () => {
  const [{ soft = 0, hard = 0 } = {}] = containerRlimits();
  assert.ok(hard > 0 && hard <= 1_048_576 && soft <= hard);
  const sandbox = await pods.runPod('limits');
  const container = await pods.startContainer(sandbox, ['/bin/sleep', '635']);
  const limits = readFileSync(`/proc/${await pods.pidOf(container)}/limits`, 'utf8');
  assert.match(limits, new RegExp(`^Max open files +${soft} +${hard} `, 'm'));
  assert.equal(await pods.shell(container, 'ulimit -Sn; ulimit -Hn'), `${soft}\n${hard}`);
  await pods.removePod(sandbox);
});

const hasSelinux = selinuxEnabled() ? 'this kernel has SELinux' : false;
test('without SELinux, options of it change nothing', { skip: hasSelinux }, async () => {
  const options = secure({ selinuxOptions: { user: 'u', role: 'r', type: 'spc_t', level: 's0:c1' } });
  const sandbox = await pods.runPod('selinux', options);
  const container = await pods.startContainer(sandbox, ['/bin/sleep', '635'], {
    ...options,
    mounts: [{ hostPath: node.dir, containerPath: '/m', selinuxRelabel: true }],
  });
  await pods.shell(container, 'test -d /m');
  assert.equal(node.lines.filter((line) => /warning.*selinux_options: ignored/.test(line)).length, 2);
  await pods.removePod(sandbox);
});
