import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { NamespaceWorker, unpin } from '@berth/linux/namespaces.ts';
import { deleteLink, listLinks } from '@berth/linux/netlink/links.ts';
import { removeTable } from '@berth/linux/nftables.ts';
import { createLogger } from '../log.ts';
import { until } from '../testing/pod-calls.ts';
import { attachSandbox, podArgs } from './attach.ts';
import { detachSandbox } from './detach.ts';
import { collectNetworkGarbage } from './gc.ts';
import { PodNetwork } from './pod-network.ts';
import { removeDefaultNetwork } from './remove-default-network.ts';

const BRIDGE = 'brtest-net';
const TABLE = 'brtest-net';
const LOOPBACK_TABLE = 'brtest-loopback';
let dir = '';
let worker: NamespaceWorker;
const lines: string[] = [];

before(async () => {
  dir = await mkdtemp('/tmp/runtime-network-');
  worker = await NamespaceWorker.start();
});
after(async () => {
  await worker.close();
  if (listLinks().some(({ name }) => name === BRIDGE)) deleteLink(BRIDGE);
  removeTable(TABLE);
  removeTable(LOOPBACK_TABLE);
  await rm(dir, { recursive: true });
});

const conflist = (options: { bridge?: object; plugins?: object[]; name?: string } = {}) =>
  JSON.stringify({
    cniVersion: '1.0.0',
    name: options.name ?? 'nettest',
    plugins: [
      {
        type: 'bridge',
        bridge: BRIDGE,
        isGateway: true,
        ipam: { type: 'host-local', dataDir: join(dir, 'leases'), ranges: [[{ subnet: '10.222.8.0/24' }]] },
        ...options.bridge,
      },
      ...(options.plugins ?? []),
    ],
  });

/** A network of its own for each test: configuration, record and sandboxes. */
async function start(name: string, files: Record<string, string>) {
  const confDir = join(dir, name, 'net.d');
  await mkdir(confDir, { recursive: true });
  for (const [file, text] of Object.entries(files)) await writeFile(join(confDir, file), text);
  lines.length = 0;
  return PodNetwork.start({
    confDir,
    pluginDirs: [join(dir, 'plugins'), '/usr/lib/cni'],
    cacheDir: join(dir, name, 'cni'),
    sandboxesDir: join(dir, name, 'sandboxes'),
    masqueradeTable: TABLE,
    loopbackTable: LOOPBACK_TABLE,
    log: createLogger('debug', (line) => lines.push(line)),
  });
}

async function sandbox(network: PodNetwork, id: string) {
  const netnsPath = join(network.sandboxesDir, id, 'ns/net');
  await worker.pin({ net: netnsPath });
  const pod = { sandboxId: id, podName: id, podNamespace: 'default', podUid: `uid-${id}` };
  return {
    attach: { ...pod, netnsPath, portMappings: [], annotations: {} },
    detach: { sandboxId: id, netnsPath, releaseNamespace: () => unpin(netnsPath) },
  };
}

const files = (path: string) => readdir(path).catch(() => []);
const leases = async (network = 'nettest') =>
  (await files(join(dir, 'leases', network))).filter((name) => /^\d/.test(name));
const records = (name: string) => files(join(dir, name, 'cni/results'));
const ports = () => {
  const links = listLinks();
  const bridge = links.find(({ name }) => name === BRIDGE);
  return links.filter(({ master }) => bridge !== undefined && master === bridge.index);
};

describe('a pod', () => {
  for (const [what, bridge] of [
    ['namespace first', {}],
    ['plugins first', { ipMasq: true }],
  ] as const) {
    test(`attach and detach, ${what}`, async () => {
      const name = what.replace(' ', '-');
      const network = await start(name, { '10.conflist': conflist({ bridge }) });
      assert.deepEqual(await network.readiness(), { ready: true, reason: '', message: '' });
      const { attach, detach } = await sandbox(network, 'pod1');
      const { ips, result } = await attachSandbox(network, attach);
      assert.match(ips[0] ?? '', /^10\.222\.8\.\d+$/);
      assert.equal(result.interfaces.length, 3);
      const addresses = await worker.inNetworkNamespace(attach.netnsPath, { kind: 'addresses' });
      assert.ok(addresses.some(({ address }) => address === ips[0]));
      const [cached] = await network.cni.cachedAttachments('pod1');
      assert.deepEqual(cached?.args, podArgs(attach));
      assert.deepEqual((await network.result('pod1'))?.ips, result.ips);

      await detachSandbox(network, detach);
      assert.ok(!existsSync(attach.netnsPath));
      assert.deepEqual(await leases(), []);
      assert.deepEqual(await records(name), []);
      await until(() => ports().length === 0);
      await detachSandbox(network, detach);
      await network.close();
    });
  }

  test('a plugin that fails late: its error, and everything undone', async () => {
    await mkdir(join(dir, 'plugins'), { recursive: true });
    const script = `#!/bin/sh\n[ $CNI_COMMAND = ADD ] || exit 0\necho '{"code":7,"msg":"no more room"}'; exit 1\n`;
    await writeFile(join(dir, 'plugins/full'), script);
    await chmod(join(dir, 'plugins/full'), 0o755);
    const network = await start('late', { '10.conflist': conflist({ plugins: [{ type: 'full' }] }) });
    const { attach, detach } = await sandbox(network, 'pod1');
    await assert.rejects(attachSandbox(network, attach), {
      criCode: 'INTERNAL',
      message: 'CNI plugin full (network nettest, ADD): no more room',
    });
    assert.deepEqual(await leases(), []);
    assert.deepEqual(await records('late'), []);
    assert.deepEqual(ports(), []);
    await detachSandbox(network, detach);
    await network.close();
  });

  test('a plugin that cannot detach keeps the namespace for the next try', async () => {
    const script = `#!/bin/sh\n[ ! -e ${dir}/stuck ] || { echo boom >&2; exit 3; }\n[ $CNI_COMMAND = DEL ] || cat | sed 's/.*"prevResult":\\(.*}\\)}$/\\1/'\n`;
    await mkdir(join(dir, 'plugins'), { recursive: true });
    await writeFile(join(dir, 'plugins/sticky'), script);
    await chmod(join(dir, 'plugins/sticky'), 0o755);
    const network = await start('sticky', { '10.conflist': conflist({ plugins: [{ type: 'sticky' }] }) });
    const { attach, detach } = await sandbox(network, 'pod1');
    await attachSandbox(network, attach);
    await writeFile(join(dir, 'stuck'), '');
    await assert.rejects(detachSandbox(network, detach), /CNI plugin sticky .*DEL.*exit code 3: boom/);
    assert.ok(existsSync(attach.netnsPath));
    await rm(join(dir, 'stuck'));
    // By now the node has another network: DEL goes by the one that the pod was attached to.
    await writeFile(join(dir, 'sticky/net.d/00.conflist'), conflist({ name: 'other' }));
    await network.config.reload();
    await detachSandbox(network, detach);
    assert.deepEqual(await leases(), []);
    assert.deepEqual(await records('sticky'), []);
    await network.close();
  });
});

describe('after a crash', () => {
  test('in the middle of ADD, the sandbox can be detached', async () => {
    const network = await start('crash', { '10.conflist': conflist() });
    const { attach, detach } = await sandbox(network, 'pod1');
    await attachSandbox(network, attach);
    // The record as it is before the plugins have answered.
    const [record = ''] = await records('crash');
    const path = join(dir, 'crash/cni/results', record);
    const { result, ...intent } = JSON.parse(await readFile(path, 'utf8'));
    assert.ok(result);
    await writeFile(path, JSON.stringify(intent));
    await detachSandbox(network, detach);
    assert.deepEqual(await leases(), []);
    assert.deepEqual(await records('crash'), []);
    await until(() => ports().length === 0);
    await network.close();
  });

  test('sandboxes that nobody knows are collected, those of other runtimes are not', async () => {
    const network = await start('gc', { '10.conflist': conflist() });
    const [known, gone] = [await sandbox(network, 'known'), await sandbox(network, 'gone')];
    await attachSandbox(network, known.attach);
    await attachSandbox(network, gone.attach);
    const foreign = {
      kind: 'cniCacheV1',
      containerId: 'c',
      ifName: 'eth0',
      networkName: 'nettest',
      netns: '/x',
    };
    await writeFile(join(dir, 'gc/cni/results/nettest-c-eth0'), JSON.stringify(foreign));
    assert.deepEqual(await collectNetworkGarbage(network, new Set(['known'])), ['gone']);
    assert.deepEqual(await records('gc'), ['nettest-c-eth0', 'nettest-known-eth0']);
    assert.ok(!existsSync(gone.attach.netnsPath));
    await detachSandbox(network, known.detach);
    assert.deepEqual(await leases(), []);
    await until(() => ports().length === 0);
    await network.close();
  });
});

describe('the configuration directory', () => {
  test('with nothing in it gets the default network, which is used as it is from then on', async () => {
    const network = await start('default', {});
    assert.equal(network.config.selected?.list.name, 'berth');
    const written = await readdir(join(dir, 'default/net.d'));
    assert.deepEqual(written, ['87-berth.conflist']);
    await network.close();
  });

  test('is left without a trace of the default network when that is removed', async () => {
    const network = await start('removed', { '87-berth.conflist': conflist({ name: 'ours' }) });
    const { attach, detach } = await sandbox(network, 'pod1');
    await attachSandbox(network, attach);
    const confDir = join(dir, 'removed/net.d');
    const remove = () => removeDefaultNetwork({ confDir, leasesDir: join(dir, 'leases'), table: TABLE });
    assert.equal(await remove(), false);
    await detachSandbox(network, detach);
    await until(() => ports().length === 0);
    assert.equal(await remove(), true);
    assert.ok(listLinks().every(({ name }) => name !== BRIDGE));
    assert.deepEqual(await files(confDir), []);
    assert.ok(!existsSync(join(dir, 'leases/ours')));
    assert.equal(await remove(), false);
    await network.close();
  });

  test('is watched: the first usable file counts, and broken ones are reported', async () => {
    const network = await start('watch', { '10-broken.conflist': '{"name": 5}' });
    const readiness = await network.readiness();
    assert.equal(readiness.ready, false);
    assert.equal(readiness.reason, 'NetworkPluginNotReady');
    assert.match(readiness.message, /10-broken\.conflist: name: must be a string, but is a number/);
    assert.ok(lines.some((line) => line.includes('level=error') && line.includes('10-broken.conflist')));
    const { attach } = await sandbox(network, 'pod1');
    await assert.rejects(attachSandbox(network, attach), {
      criCode: 'UNAVAILABLE',
      message: /10-broken\.conflist/,
    });
    unpin(attach.netnsPath);

    const confDir = join(dir, 'watch/net.d');
    const selected = () => network.config.selected?.file.slice(confDir.length + 1);
    await writeFile(join(confDir, '20-absent.conflist'), conflist({ plugins: [{ type: 'absent' }] }));
    await writeFile(join(confDir, '30-good.conflist'), conflist());
    await until(() => selected() === '30-good.conflist');
    await writeFile(join(confDir, '05-better.conflist'), conflist());
    await until(() => selected() === '05-better.conflist');
    await rm(confDir, { recursive: true });
    await until(() => selected() === undefined);
    // Files go one by one, and those that are left for the moment cannot be used.
    await until(() => network.config.problem.startsWith('No CNI configuration file in '));
    assert.match((await network.readiness()).message, /No CNI configuration file in .*net\.d/);
    await mkdir(confDir, { recursive: true });
    await writeFile(join(confDir, '40.conflist'), conflist());
    await until(() => selected() === '40.conflist');
    await network.close();
  });
});
