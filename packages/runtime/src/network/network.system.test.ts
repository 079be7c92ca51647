import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { builtInExec } from '@berth/cni/builtin/builtin-exec.ts';
import { NamespaceWorker, unpin } from '@berth/linux/namespaces/namespaces.ts';
import { deleteLink, listLinks } from '@berth/linux/netlink/links.ts';
import { removeTable } from '@berth/linux/nftables/nftables.ts';
import { createLogger } from '../logging/log.ts';
import { until } from '../testing/pod-calls.ts';
import { attachSandbox, podArgs } from './attach.ts';
import { bridgeKernel } from './bridge-kernel.ts';
import { detachSandbox } from './detach.ts';
import { collectNetworkGarbage } from './gc.ts';
import { execPlugin } from './plugin-exec.ts';
import { PodNetwork } from './pod-network.ts';
import { removeDefaultNetwork } from './remove-default-network.ts';

const testBridge = 'brtest-net';
const testTable = 'brtest-net';
const testLoopbackTable = 'brtest-loopback';
let dir = '';
let worker: NamespaceWorker;
const lines: string[] = [];

before(async () => {
  dir = await mkdtemp('/tmp/runtime-network-');
  worker = await NamespaceWorker.start();
});
after(async () => {
  await worker.close();
  if (listLinks().some(({ name }) => name === testBridge)) deleteLink(testBridge);
  removeTable(testTable);
  removeTable(testLoopbackTable);
  await rm(dir, { recursive: true });
});

const conflist = (
  options: { bridge?: object; plugins?: object[]; name?: string; cniVersion?: string | undefined } = {},
) =>
  JSON.stringify({
    cniVersion: 'cniVersion' in options ? options.cniVersion : '1.0.0',
    name: options.name ?? 'nettest',
    plugins: [
      {
        type: 'bridge',
        bridge: testBridge,
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
    exec: builtInExec(bridgeKernel(worker), execPlugin),
    masqueradeTable: testTable,
    loopbackTable: testLoopbackTable,
    log: createLogger('debug', (line) => lines.push(line)),
  });
}

async function sandbox(network: PodNetwork, id: string) {
  const netnsPath = join(network.sandboxesDir, id, 'ns/net');
  await worker.pin({ net: netnsPath });
  const pod = { sandboxId: id, podName: id, podNamespace: 'default', podUid: `uid-${id}` };
  return {
    attach: { ...pod, netnsPath, portMappings: [], annotations: {} },
    detach: {
      sandboxId: id,
      netnsPath,
      pod: { ...pod, netnsPath, portMappings: [], annotations: {} },
      releaseNamespace: () => unpin(netnsPath),
    },
  };
}

/** Puts a shell script where plugins are looked for. */
async function plugin(name: string, script: string): Promise<void> {
  await mkdir(join(dir, 'plugins'), { recursive: true });
  await writeFile(join(dir, 'plugins', name), `#!/bin/sh\n${script}\n`);
  await chmod(join(dir, 'plugins', name), 0o755);
}

/** What a plugin does that has nothing to say: it hands on the result of the one before. */
const handOn = `sed 's/.*"prevResult":\\(.*}\\)}$/\\1/'`;

const files = (path: string) => readdir(path).catch(() => []);
const leases = async (network = 'nettest') =>
  (await files(join(dir, 'leases', network))).filter((name) => /^\d/.test(name));
const records = (name: string) => files(join(dir, name, 'cni/results'));
const ports = () => {
  const links = listLinks();
  const bridge = links.find(({ name }) => name === testBridge);
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
      const [cached] = await network.cni.getCachedAttachments('pod1');
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

describe('a configuration that other runtimes run with', () => {
  for (const cniVersion of [undefined, '0.1.0', '0.2.0', '0.3.0', '1.1.0']) {
    test(`of version ${cniVersion}`, async (t) => {
      const name = `version-${cniVersion}`;
      // Debian's plugins are older than 1.1.0.
      if (cniVersion === '1.1.0') {
        await plugin('bridge-1.1', `sed s/1[.]1[.]0/1.0.0/ | /usr/lib/cni/bridge`);
        t.after(() => rm(join(dir, 'plugins/bridge-1.1')));
      }
      const type = cniVersion === '1.1.0' ? { type: 'bridge-1.1' } : {};
      const network = await start(name, { '10.conflist': conflist({ cniVersion, bridge: type }) });
      const { attach, detach } = await sandbox(network, 'pod1');
      const { ips } = await attachSandbox(network, attach);
      const addresses = await worker.inNetworkNamespace(attach.netnsPath, { kind: 'addresses' });
      assert.ok(addresses.some(({ address }) => address === ips[0]));
      await detachSandbox(network, detach);
      assert.deepEqual(await leases(), []);
      assert.deepEqual(await records(name), []);
      await until(() => ports().length === 0);
      await network.close();
    });
  }

  test('host ports without a plugin that maps them are a warning that names the pod and the ports', async () => {
    const network = await start('no-portmap', { '10.conflist': conflist() });
    const { attach, detach } = await sandbox(network, 'pod1');
    const portMappings = [{ protocol: 'udp', containerPort: 53, hostPort: 5353, hostIp: '' }] as const;
    await attachSandbox(network, { ...attach, portMappings });
    const line = lines.find((each) => each.includes('level=warning')) ?? '';
    assert.match(line, /Host ports of a pod lead nowhere: network nettest has no plugin with the capability/);
    assert.match(line, /pod=default\/pod1 hostPorts=5353\/udp sandbox=pod1/);
    const { cniResult, warnings } = await network.info('pod1', portMappings);
    assert.deepEqual(warnings, [
      'host ports 5353/udp lead nowhere: network nettest has no plugin with the capability portMappings, such as portmap',
    ]);
    assert.deepEqual(Object.keys(cniResult?.Interfaces ?? {}).includes('eth0'), true);
    await detachSandbox(network, detach);
    await network.close();
  });
});

describe('a record that is of no use', () => {
  test('of an ADD that failed by a mistake that was corrected since: the present list undoes it', async () => {
    await plugin(
      'picky',
      `input=$(cat); case $input in *'"option":"good"'*) ;; *) echo '{"code":7,"msg":"bad option"}'; exit 1;; esac
[ $CNI_COMMAND = ADD ] && echo "$input" | ${handOn}; exit 0`,
    );
    const network = await start('corrected', {
      '10.conflist': conflist({ plugins: [{ type: 'picky', option: 'bad' }] }),
    });
    const { attach, detach } = await sandbox(network, 'pod1');
    await assert.rejects(attachSandbox(network, attach), /picky .*ADD.*bad option/);
    // The plugins before have done their part, and nobody can undo it: the last one refuses.
    assert.equal((await leases()).length, 1);
    await assert.rejects(detachSandbox(network, detach), /picky .*DEL.*bad option/);
    assert.ok(existsSync(attach.netnsPath));

    const confDir = join(dir, 'corrected/net.d');
    await writeFile(join(confDir, '10.conflist'), conflist({ plugins: [{ type: 'picky', option: 'good' }] }));
    await network.config.reload();
    await detachSandbox(network, detach);
    assert.deepEqual(await leases(), []);
    assert.deepEqual(await records('corrected'), []);
    assert.ok(!existsSync(attach.netnsPath));
    await until(() => ports().length === 0);
    await network.close();
  });

  test('corrected by a network of another name: the lease of the first one goes as well', async () => {
    await plugin('never', `echo '{"code":7,"msg":"no"}'; exit 1`);
    const network = await start('renamed', { '10.conflist': conflist({ plugins: [{ type: 'never' }] }) });
    const { attach, detach } = await sandbox(network, 'pod1');
    await assert.rejects(attachSandbox(network, attach), /never .*ADD.*no/);
    assert.equal((await leases()).length, 1);
    await rm(join(dir, 'renamed/net.d/10.conflist'));
    await writeFile(join(dir, 'renamed/net.d/20.conflist'), conflist({ name: 'second' }));
    await network.config.reload();
    await detachSandbox(network, detach);
    assert.deepEqual(await leases(), []);
    assert.deepEqual(await records('renamed'), []);
    await until(() => ports().length === 0);
    await network.close();
  });

  test('a plugin that is not installed any more: the network that has replaced it undoes what it can', async () => {
    await plugin('replaced', `[ $CNI_COMMAND = ADD ] && ${handOn}; exit 0`);
    const network = await start('replaced', { '10.conflist': conflist({ plugins: [{ type: 'replaced' }] }) });
    const { attach, detach } = await sandbox(network, 'pod1');
    await attachSandbox(network, attach);
    await rm(join(dir, 'plugins/replaced'));
    await rm(join(dir, 'replaced/net.d/10.conflist'));
    await network.config.reload();
    await assert.rejects(detachSandbox(network, detach), /CNI plugin replaced .* is not installed/);
    await writeFile(join(dir, 'replaced/net.d/20.conflist'), conflist({ name: 'second' }));
    await network.config.reload();
    await detachSandbox(network, detach);
    assert.deepEqual(await leases(), []);
    assert.deepEqual(await records('replaced'), []);
    await until(() => ports().length === 0);
    await network.close();
  });

  for (const [what, content] of [
    ['empty', ''],
    ['cut short', '{"kind":"cniCacheV1","containerId":"pod1","config":"eyJ'],
    ['of a configuration that cannot be read', undefined],
  ] as const) {
    test(`${what}: the present list undoes the attachment`, async () => {
      const name = `torn-${what.replaceAll(' ', '-')}`;
      const network = await start(name, { '10.conflist': conflist({ bridge: { ipMasq: true } }) });
      const { attach, detach } = await sandbox(network, 'pod1');
      await attachSandbox(network, attach);
      const path = join(dir, name, 'cni/results/nettest-pod1-eth0');
      const record = JSON.parse(await readFile(path, 'utf8'));
      await writeFile(path, content ?? JSON.stringify({ ...record, config: 'e30=' }));
      // While there is no network at all it has to wait.
      const file = join(dir, name, 'net.d/10.conflist');
      const text = await readFile(file, 'utf8');
      await rm(file);
      await network.config.reload();
      await assert.rejects(detachSandbox(network, detach), { criCode: 'UNAVAILABLE' });
      assert.equal((await leases()).length, 1);
      await writeFile(file, text);
      await network.config.reload();
      await detachSandbox(network, detach);
      assert.deepEqual(await leases(), []);
      assert.deepEqual(await records(name), []);
      assert.ok(!existsSync(attach.netnsPath));
      await until(() => ports().length === 0);
      await network.close();
    });
  }

  test('gone, of a sandbox that was attached: the present list undoes the attachment', async () => {
    const network = await start('lost', { '10.conflist': conflist() });
    const { attach, detach } = await sandbox(network, 'pod1');
    await attachSandbox(network, attach);
    await rm(join(dir, 'lost/cni/results'), { recursive: true });
    await detachSandbox(network, { ...detach, isAttached: true });
    assert.deepEqual(await leases(), []);
    await until(() => ports().length === 0);
    await network.close();
  });

  test('what a plugin does not find any more is gone, as go-cni has it', async () => {
    await plugin(
      'forgetful',
      `[ $CNI_COMMAND = DEL ] && { echo '{"code":11,"msg":"link not found"}'; exit 1; }; ${handOn}`,
    );
    const network = await start('forgetful', {
      '10.conflist': conflist({ plugins: [{ type: 'forgetful' }] }),
    });
    const { attach, detach } = await sandbox(network, 'pod1');
    await attachSandbox(network, attach);
    await detachSandbox(network, detach);
    assert.deepEqual(await leases(), []);
    assert.deepEqual(await records('forgetful'), []);
    await until(() => ports().length === 0);
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
    assert.deepEqual(await collectNetworkGarbage(network, (id) => id === 'known'), ['gone']);
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
    const remove = () => removeDefaultNetwork({ confDir, leasesDir: join(dir, 'leases'), table: testTable });
    assert.equal(await remove(), false);
    await detachSandbox(network, detach);
    await until(() => ports().length === 0);
    assert.equal(await remove(), true);
    assert.ok(listLinks().every(({ name }) => name !== testBridge));
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
