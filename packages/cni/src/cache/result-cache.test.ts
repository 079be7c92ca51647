import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseResult } from '../result/parse.ts';
import { resultToJson } from '../result/to-json.ts';
import { cacheFileText, parseCacheFile, ResultCache } from './result-cache.ts';

// Written by libcni 1.3 (cnitool add) for the inputs below.
const libcniEntry =
  '{"kind":"cniCacheV1","containerId":"cnitool-157db15950e8b99632c6","config":"eyAiY25pVmVyc2lvbiI6ICIxLjAuMCIsICJuYW1lIjogImdvbGQiLAogICJwbHVnaW5zIjogWyB7ICJ0eXBlIjogImZha2UiLCAiY2FwYWJpbGl0aWVzIjogeyJwb3J0TWFwcGluZ3MiOiB0cnVlLCAiZG5zIjogZmFsc2V9LCAieCI6ICI8w6k+IiB9LCB7ICJ0eXBlIjogImZha2UiIH0gXSB9Cg==","ifName":"eth0","networkName":"gold","netns":"/var/run/netns/gold","cniArgs":[["IgnoreUnknown","1"],["K8S_POD_NAME","a"]],"capabilityArgs":{"bandwidth":{"ingressRate":5},"portMappings":[{"containerPort":80,"hostPort":8080,"protocol":"tcp"}]},"result":{"cniVersion":"1.0.0","dns":{"nameservers":["1.1.1.1"]},"interfaces":[{"mac":"aa:bb:cc:dd:ee:ff","name":"br\\u003c\\u0026\\u003e0"},{"name":"eth0","sandbox":"/var/run/netns/x"}],"ips":[{"address":"10.1.2.3/16","gateway":"10.1.0.1","interface":1},{"address":"fd00::5/64"}],"routes":[{"dst":"0.0.0.0/0"},{"dst":"::/0","gw":"fd00::1","mtu":1400}]}}';

const configText = `{ "cniVersion": "1.0.0", "name": "gold",
  "plugins": [ { "type": "fake", "capabilities": {"portMappings": true, "dns": false}, "x": "<é>" }, { "type": "fake" } ] }
`;

const runtimeConf = {
  containerId: 'cnitool-157db15950e8b99632c6',
  netns: '/var/run/netns/gold',
  ifName: 'eth0',
  args: [
    ['IgnoreUnknown', '1'],
    ['K8S_POD_NAME', 'a'],
  ],
  capabilityArgs: {
    portMappings: [{ containerPort: 80, hostPort: 8080, protocol: 'tcp' }],
    bandwidth: { ingressRate: 5 },
  },
} as const;

const printed = {
  unknown: 1,
  interfaces: [
    { name: 'br<&>0', mac: 'aa:bb:cc:dd:ee:ff' },
    { name: 'eth0', mac: '', sandbox: '/var/run/netns/x', mtu: 0 },
  ],
  ips: [{ interface: 1, address: '10.1.2.3/16', gateway: '10.1.0.1' }, { address: 'fd00::5/64' }],
  routes: [{ dst: '0.0.0.0/0' }, { dst: '::/0', gw: 'fd00::1', mtu: 1400, priority: 0 }],
  dns: { nameservers: ['1.1.1.1'], search: [] },
};

test('a cache file is byte for byte what libcni writes', () => {
  const result = resultToJson(parseResult(printed, '1.0.0'));
  const { args, capabilityArgs, ...rest } = runtimeConf;
  const portMappings = capabilityArgs.portMappings.map((mapping) => ({ ...mapping }));
  const runtime = { ...rest, args, capabilityArgs: { ...capabilityArgs, portMappings } };
  assert.equal(cacheFileText('gold', configText, result, runtime), libcniEntry);
});

test('a cache file of libcni is read back whole', () => {
  const cached = parseCacheFile(libcniEntry);
  assert.equal(cached?.config, configText);
  assert.equal(cached?.networkName, 'gold');
  const { args, capabilityArgs, containerId, netns, ifName } = cached;
  assert.deepEqual({ args, capabilityArgs, containerId, netns, ifName }, runtimeConf);
});

test('empty fields are left out', () => {
  const text = cacheFileText(
    'n',
    '{}',
    { cniVersion: '1.0.0' },
    { containerId: 'c', netns: '', ifName: 'eth0' },
  );
  assert.equal(
    text,
    '{"kind":"cniCacheV1","containerId":"c","config":"e30=","ifName":"eth0","networkName":"n","result":{"cniVersion":"1.0.0"}}',
  );
});

for (const [what, text] of [
  ['not JSON', '{"kind":'],
  ['another kind', '{"kind":"cniCacheV2","containerId":"c","ifName":"e","networkName":"n"}'],
  ['a bare result, as before the cache had kinds', '{"cniVersion":"0.4.0","ips":[]}'],
  ['no network name', '{"kind":"cniCacheV1","containerId":"c","ifName":"e"}'],
] as const) {
  test(`not a record: ${what}`, () => assert.equal(parseCacheFile(text), undefined));
}

test('a FIFO or a huge file among the records is no record', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'berth-cni-'));
  try {
    const cache = new ResultCache(dir);
    await cache.write('gold', configText, {}, { ...runtimeConf, args: [], capabilityArgs: {} });
    execFileSync('mkfifo', [join(dir, 'results', 'fifo')]);
    await writeFile(join(dir, 'results', 'huge'), '');
    await truncate(join(dir, 'results', 'huge'), 2 ** 40);
    assert.deepEqual(
      (await cache.list()).map(({ networkName }) => networkName),
      ['gold'],
    );
  } finally {
    await rm(dir, { recursive: true });
  }
});

test('what a killed writer has left is removed, and no record of another', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'cni-cache-'));
  t.after(() => rm(dir, { recursive: true }));
  const cache = new ResultCache(dir);
  const other = { containerId: 'other', ifName: 'eth0', netns: '/n' };
  await cache.write('net', configText, {}, other);
  await writeFile(join(dir, 'results/.killed-eth0.tmp'), '{"kind":');
  await cache.removeUnfinished({ containerId: 'killed', ifName: 'eth0' });
  await cache.removeUnfinished({ containerId: 'killed', ifName: 'eth0' });
  assert.deepEqual(await readdir(join(dir, 'results')), ['net-other-eth0']);
});
