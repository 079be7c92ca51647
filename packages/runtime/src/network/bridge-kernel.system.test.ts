// The built-in plugins beside the programs that they stand for: the same conflist gives the same network.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { builtInExec } from '@berth/cni/builtin/builtin-exec.ts';
import { Cni } from '@berth/cni/cni.ts';
import { parseConfList } from '@berth/cni/config/conf-list.ts';
import type { Exec } from '@berth/cni/plugin/exec.ts';
import type { CniResult } from '@berth/cni/result/result.ts';
import { NamespaceWorker, unpin } from '@berth/linux/namespaces/namespaces.ts';
import { listAddresses } from '@berth/linux/netlink/addresses.ts';
import { deleteLink, linkByName, listLinks } from '@berth/linux/netlink/links.ts';
import { type Subnet, takeSubnet } from '@berth/test-support/subnets.ts';
import { bridgeKernel } from './bridge-kernel.ts';
import { execPlugin } from './plugin-exec.ts';

const bridge = 'brtest-twin';
let dir = '';
let worker: NamespaceWorker;
let subnet: Subnet;
/** Programs that ran, of each kind of Cni. */
const ran: string[] = [];
let cnis: Record<'built in' | 'programs', Cni>;
const counted: Exec = (invocation) => {
  if (invocation.env.CNI_COMMAND !== undefined) ran.push(invocation.path);
  return execPlugin(invocation);
};

before(async () => {
  worker = await NamespaceWorker.start();
  subnet = await takeSubnet();
});
beforeEach(() => {
  if (linkByName(bridge) !== undefined) deleteLink(bridge);
  if (dir !== '') rmSync(dir, { recursive: true });
  dir = mkdtempSync('/tmp/builtin-plugins-');
  const options = { pluginDirs: ['/usr/lib/cni'], cacheDir: join(dir, 'cni') };
  cnis = {
    'built in': new Cni({ ...options, exec: builtInExec(bridgeKernel(worker), counted) }),
    programs: new Cni({ ...options, exec: counted }),
  };
  ran.length = 0;
});
after(async () => {
  await worker.close();
  if (linkByName(bridge) !== undefined) deleteLink(bridge);
  subnet[Symbol.dispose]();
  rmSync(dir, { recursive: true });
});

const conflist = (change: object = {}, ipam: object = {}, cniVersion = '1.0.0') =>
  parseConfList(
    JSON.stringify({
      cniVersion,
      name: 'twins',
      plugins: [
        {
          type: 'bridge',
          bridge,
          isGateway: true,
          ipMasq: false,
          ipam: {
            type: 'host-local',
            dataDir: join(dir, 'leases'),
            ranges: [[{ subnet: subnet.cidr }]],
            routes: [{ dst: '0.0.0.0/0' }],
            ...ipam,
          },
          ...change,
        },
        { type: 'portmap', capabilities: { portMappings: true } },
      ],
    }),
  );
type List = ReturnType<typeof conflist>;

/** A pod in a new namespace that goes at the end of the test. */
async function pod(resources: DisposableStack, id: string) {
  const netns = join(dir, id);
  await worker.pin({ net: netns });
  resources.defer(() => unpin(netns));
  return { containerId: id, netns, ifName: 'eth0' };
}

/** Everything of an attachment that does not differ from run to run. */
async function seen(result: CniResult, netns: string) {
  const inPod = <K extends 'links' | 'addresses' | 'routes'>(kind: K) =>
    worker.inNetworkNamespace(netns, { kind });
  const [host] = result.interfaces.filter(({ name }) => name.startsWith('veth'));
  const links = await inPod('links');
  const index = links.find(({ name }) => name === 'eth0')?.index;
  const port = listLinks().find(({ name }) => name === host?.name);
  const own = linkByName(bridge);
  assert.ok(port && own && host);
  return {
    result: {
      ...result,
      interfaces: result.interfaces.map(({ name, mac, sandbox }) => ({
        name: name.replace(/^veth[0-9a-f]{8}$/, 'vethX'),
        mac: (mac ?? '').replace(/[0-9a-f]{2}/g, 'x'),
        sandbox: sandbox === netns,
      })),
    },
    macs: [own.mac, port.mac, links.find(({ name }) => name === 'eth0')?.mac].map(
      (mac, at) => mac === result.interfaces[at]?.mac,
    ),
    links: links.map(({ name, up, running, mtu, kind }) => ({ name, up, running, mtu, kind })),
    // IPv6 addresses of the link come from hardware addresses.
    addresses: (await inPod('addresses'))
      .filter(({ family }) => family === 4)
      .map((address) => ({ ...address, linkIndex: address.linkIndex === index })),
    routes: (await inPod('routes'))
      .filter(({ family }) => family === 4)
      .map((route) => ({ ...route, linkIndex: route.linkIndex === index })),
    arpNotify: await worker.inNetworkNamespace(netns, {
      kind: 'read-sysctl',
      name: 'net/ipv4/conf/eth0/arp_notify',
    }),
    port: [port.up, port.running, port.mtu, port.kind, port.master === own.index],
    hairpin: readFileSync(`/sys/class/net/${port.name}/brport/hairpin_mode`, 'utf8'),
    bridge: [own.up, own.mtu, own.kind, readFileSync(`/sys/class/net/${bridge}/addr_assign_type`, 'utf8')],
    gateways: listAddresses()
      .filter(({ linkIndex, family }) => linkIndex === own.index && family === 4)
      .map(({ address, prefixLength, scope }) => `${address}/${prefixLength} ${scope}`),
    forwarding: readFileSync('/proc/sys/net/ipv4/ip_forward', 'utf8'),
    leases: leases(),
  };
}

function leases(): Record<string, string> {
  const folder = join(dir, 'leases/twins');
  return Object.fromEntries(
    readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
  );
}

describe('the same as the programs', () => {
  for (const [name, list] of [
    ['a gateway and a default route', () => conflist()],
    ['hairpin mode and an MTU', () => conflist({ hairpinMode: true, mtu: 1400 })],
    ['isDefaultGateway', () => conflist({ isGateway: false, isDefaultGateway: true }, { routes: [] })],
    ['no gateway', () => conflist({ isGateway: false }, { routes: [{ dst: '10.0.0.0/8' }] })],
    ['two routes', () => conflist({}, { routes: [{ dst: '0.0.0.0/0' }, { dst: '192.0.2.0/24' }] })],
    ['the form before 1.0.0', () => conflist({}, {}, '0.4.0')],
  ] as const) {
    test(name, async () => {
      const found = [];
      for (const cni of [cnis['built in'], cnis.programs]) {
        using resources = new DisposableStack();
        if (linkByName(bridge) !== undefined) deleteLink(bridge);
        rmSync(join(dir, 'leases'), { recursive: true, force: true });
        const attachment = await pod(resources, 'pod');
        found.push(await seen(await cni.addNetworkList(list(), attachment), attachment.netns));
        const programs = ran.length;
        assert.equal(programs, cni === cnis.programs ? 2 : 0, 'which programs ran');
        await cni.delNetworkList(list(), attachment);
        await cni.delNetworkList(list(), attachment);
        const links = await worker.inNetworkNamespace(attachment.netns, { kind: 'links' });
        assert.deepEqual(
          links.map(({ name }) => name),
          ['lo'],
        );
        const left = {
          lock: '',
          'last_reserved_ip.0': Object.keys(leases()).length > 0 && leases()['last_reserved_ip.0'],
        };
        assert.deepEqual(leases(), left, 'the lease is gone');
      }
      assert.deepEqual(found[0], found[1]);
    });
  }

  /** What both say when they fail. */
  const words = async (work: (cni: Cni, list: List) => Promise<unknown>, list: () => List) => {
    const said = [];
    for (const cni of [cnis['built in'], cnis.programs]) {
      rmSync(join(dir, 'leases'), { recursive: true, force: true });
      if (linkByName(bridge) !== undefined) deleteLink(bridge);
      said.push(
        await work(cni, list()).then(
          () => 'nothing',
          (error: Error) => error.message,
        ),
      );
    }
    assert.notEqual(said[0], 'nothing');
    assert.equal(said[0], said[1]);
  };

  test('a full network', async () => {
    const small = subnet.cidr.replace(/\/.*/, '/30');
    await words(
      async (cni, list) => {
        using resources = new DisposableStack();
        for (const id of ['first', 'second']) await cni.addNetworkList(list, await pod(resources, id));
      },
      () => conflist({}, { ranges: [[{ subnet: small }]] }),
    );
  });

  test('an attachment that has a lease', async () => {
    await words(async (cni, list) => {
      using resources = new DisposableStack();
      const attachment = await pod(resources, 'pod');
      await cni.addNetworkList(list, attachment);
      unpin(attachment.netns);
      await cni.addNetworkList(list, await pod(resources, 'pod'));
    }, conflist);
  });

  test('a bridge with another address', async () => {
    await words(async (cni, list) => {
      using resources = new DisposableStack();
      const other = conflist(
        {},
        { ranges: [[{ subnet: subnet.cidr, gateway: subnet.cidr.replace(/0\/.*/, '77') }]] },
      );
      await cni.addNetworkList(other, await pod(resources, 'first'));
      await cni.addNetworkList(list, await pod(resources, 'second'));
    }, conflist);
  });
});

describe('beside the programs', () => {
  for (const [first, second] of [
    ['built in', 'programs'],
    ['programs', 'built in'],
  ] as const) {
    test(`what ${first} attaches, ${second} detach`, async () => {
      using resources = new DisposableStack();
      const attachment = await pod(resources, 'pod');
      await cnis[first].addNetworkList(conflist(), attachment);
      await cnis[second].delNetworkList(conflist(), attachment);
      assert.deepEqual(
        Object.keys(leases()).filter((name) => /^\d/.test(name)),
        [],
      );
    });
  }

  test('many at once get addresses of their own', async () => {
    using resources = new DisposableStack();
    const results = await Promise.all(
      Array.from({ length: 12 }, async (_, index) => {
        const attachment = await pod(resources, `pod${index}`);
        const cni = cnis[index % 3 === 0 ? 'programs' : 'built in'];
        return (await cni.addNetworkList(conflist(), attachment)).ips[0]?.address;
      }),
    );
    assert.equal(new Set(results).size, 12);
  });
});

test('a script of the name runs, not what is built in', async () => {
  using resources = new DisposableStack();
  const attachment = await pod(resources, 'pod');
  const plugins = join(dir, 'plugins');
  await worker.pin({ net: join(dir, 'other') });
  resources.defer(() => unpin(join(dir, 'other')));
  const cni = new Cni({
    pluginDirs: [plugins, '/usr/lib/cni'],
    cacheDir: join(dir, 'cni'),
    exec: builtInExec(bridgeKernel(worker), counted),
  });
  rmSync(plugins, { recursive: true, force: true });
  mkdirSync(plugins);
  writeFileSync(join(plugins, 'bridge'), '#!/bin/sh\nexec /usr/lib/cni/bridge\n', { mode: 0o755 });
  await cni.addNetworkList(conflist(), attachment);
  assert.deepEqual(ran, [join(plugins, 'bridge')]);
  await cni.delNetworkList(conflist(), attachment);
});
