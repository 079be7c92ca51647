import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { NamespaceWorker, unpin } from '@berth/linux/namespaces/namespaces.ts';
import { deleteLink, listLinks } from '@berth/linux/netlink/links.ts';
import { Cni } from './cni.ts';
import { parseConfList } from './config/conf-list.ts';
import { sandboxAddresses } from './result/result.ts';

const pluginDir = '/usr/lib/cni';
const testBridge = 'brtest-cni';
const testSubnet = '10.222.7.0/24';

let dir = '';
let worker: NamespaceWorker;
const namespaces: string[] = [];
before(async () => {
  dir = await mkdtemp('/tmp/cni-system-');
  worker = await NamespaceWorker.start();
});
after(async () => {
  await worker.close();
  for (const path of namespaces) unpin(path);
  if (listLinks().some(({ name }) => name === testBridge)) deleteLink(testBridge);
  await rm(dir, { recursive: true });
});

/** The path of a new network namespace. */
async function namespace(): Promise<string> {
  const path = join(dir, `ns/${namespaces.length}`);
  namespaces.push(path);
  await worker.pin({ net: path });
  return path;
}

/** Puts a shell script where plugins are looked for. */
async function plugin(name: string, script: string): Promise<void> {
  await writeFile(join(dir, name), `#!/bin/sh\n${script}\n`);
  await chmod(join(dir, name), 0o755);
}

const cni = (options: object = {}) =>
  new Cni({ pluginDirs: [dir, pluginDir], cacheDir: join(dir, 'cache'), ...options });
const network = (plugins: object[]) =>
  parseConfList(JSON.stringify({ cniVersion: '1.0.0', name: 'cnitest', plugins }));
const links = () => {
  const all = listLinks();
  const bridge = all.find(({ name }) => name === testBridge);
  return all.filter(({ master }) => bridge !== undefined && master === bridge.index);
};
const files = (path: string) => readdir(join(dir, path)).catch(() => []);
const leases = async () => (await files('leases/cnitest')).filter((name) => /^\d/.test(name));

const bridge = () => ({
  type: 'bridge',
  bridge: testBridge,
  isGateway: true,
  ipMasq: false,
  ipam: {
    type: 'host-local',
    dataDir: join(dir, 'leases'),
    ranges: [[{ subnet: testSubnet }]],
    routes: [{ dst: '0.0.0.0/0' }],
  },
});

test('bridge, host-local, tuning and portmap: attach eight pods at once, detach, nothing left', async () => {
  const list = network([
    bridge(),
    { type: 'tuning', sysctl: { 'net.ipv4.ip_unprivileged_port_start': '77' } },
    { type: 'portmap', capabilities: { portMappings: true } },
  ]);
  const paths = await Promise.all(Array.from({ length: 8 }, namespace));
  const runtimes = paths.map((netns, index) => ({
    containerId: `pod${index}`,
    netns,
    ifName: 'eth0',
    args: [['IgnoreUnknown', '1'] as const],
    capabilityArgs: { portMappings: [{ hostPort: 42_220 + index, containerPort: 80, protocol: 'tcp' }] },
  }));
  // The first of a machine makes portmap's chains, and two that make them at once fail each other.
  const first = runtimes[0] ?? assert.fail();
  await cni().addNetworkList(list, first);
  await cni().delNetworkList(list, first);
  const results = await Promise.all(runtimes.map((runtime) => cni().addNetworkList(list, runtime)));
  assert.equal(new Set(results.flatMap((result) => sandboxAddresses(result, 'eth0'))).size, 8);
  for (const [index, { netns }] of runtimes.entries()) {
    const addresses = await worker.inNetworkNamespace(netns, { kind: 'addresses' });
    const given = sandboxAddresses(results[index] ?? assert.fail(), 'eth0');
    assert.ok(addresses.some(({ address }) => address === given[0]));
    const name = 'net.ipv4.ip_unprivileged_port_start';
    assert.equal(await worker.inNetworkNamespace(netns, { kind: 'read-sysctl', name }), '77');
  }
  assert.equal(links().length, 8);
  assert.equal((await leases()).length, 8);

  // Half of them as after a crash: the namespace is gone before DEL.
  for (const { netns } of runtimes.slice(4)) unpin(netns);
  await Promise.all(
    runtimes.map((runtime, index) =>
      cni().delNetworkList(list, { ...runtime, netns: index < 4 ? runtime.netns : '' }),
    ),
  );
  // The end of a namespace takes its interfaces along in the background.
  for (const deadline = Date.now() + 5000; links().length > 0 && Date.now() < deadline; ) await sleep(10);
  assert.deepEqual(links(), []);
  assert.deepEqual(await leases(), []);
  assert.deepEqual(await files('cache/results'), []);
  const rules = execFileSync('sh', ['-c', 'iptables-save -t nat; ip6tables-save -t nat'], {
    encoding: 'utf8',
  });
  assert.doesNotMatch(rules, /4222\d|cnitest/);
  await cni().delNetworkList(list, first);
});

test('CHECK finds a pod whose interface was deleted', async () => {
  const list = network([
    bridge(),
    { type: 'tuning', sysctl: { 'net.ipv4.ip_unprivileged_port_start': '77' } },
  ]);
  const runtime = { containerId: 'check', netns: await namespace(), ifName: 'eth0' };
  await cni().addNetworkList(list, runtime);
  await cni().checkNetworkList(list, runtime);
  await worker.inNetworkNamespace(runtime.netns, { kind: 'delete-link', name: 'eth0' });
  await assert.rejects(
    cni().checkNetworkList(list, runtime),
    /CNI plugin bridge \(network cnitest, CHECK\): .*eth0/,
  );
  await cni().delNetworkList(list, runtime);
  assert.deepEqual(await leases(), []);
});

test('a failure late in the chain is undone by DEL', async () => {
  await plugin(
    'refuse',
    `[ $CNI_COMMAND = ADD ] || exit 0; echo '{"code":7,"msg":"no","details":"really"}'; exit 1`,
  );
  const list = network([bridge(), { type: 'refuse' }]);
  const runtime = { containerId: 'late', netns: await namespace(), ifName: 'eth0' };
  await assert.rejects(cni().addNetworkList(list, runtime), {
    failure: 'plugin',
    code: 7,
    message: 'CNI plugin refuse (network cnitest, ADD): no; really',
  });
  assert.equal((await leases()).length, 1);
  await cni().delNetworkList(list, runtime);
  assert.deepEqual(await leases(), []);
  assert.deepEqual(links(), []);
});

test('errors of the real plugins come through', async () => {
  const runtime = { containerId: 'errors', netns: await namespace(), ifName: 'eth0' };
  const without = network([{ ...bridge(), ipam: { type: 'absent-ipam' } }]);
  await assert.rejects(cni().addNetworkList(without, runtime), { failure: 'plugin', message: /absent-ipam/ });
  const gone = { ...runtime, netns: '/run/netns/cnitest-absent' };
  await assert.rejects(cni().addNetworkList(network([bridge()]), gone), { message: /cnitest-absent/ });
});

test('VERSION of a real plugin', async () => {
  const { supportedVersions } = await cni().getVersionInfo('bridge');
  assert.ok(supportedVersions.includes('1.0.0'));
});
