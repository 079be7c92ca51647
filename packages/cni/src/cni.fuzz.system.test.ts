// Made-up configurations, and plugins that print what they like: each is taken, or refused with an error that
// names the file, the plugin or the field. BERTH_FUZZ_SECONDS=600 runs each test that long.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fuzz } from '@berth/test-support/fuzz.ts';
import { parseCacheFile } from './cache/result-cache.ts';
import { Cni } from './cni.ts';
import { parseConfList } from './config/conf-list.ts';
import { parseResult } from './result/parse.ts';
import { convertResult, sandboxAddresses } from './result/result.ts';
import { resultToJson } from './result/to-json.ts';
import { CniConfigError, CniError } from './spec/errors.ts';
import { supportedVersions } from './spec/versions.ts';

const texts = (...values: object[]) => values.map((value) => Buffer.from(JSON.stringify(value)));

const conflists = texts(
  {
    cniVersion: '1.0.0',
    cniVersions: ['0.4.0', '1.1.0'],
    name: 'net',
    disableCheck: true,
    plugins: [
      { type: 'bridge', ipam: { type: 'host-local', ranges: [[{ subnet: '10.0.0.0/8' }]] } },
      { type: 'portmap', capabilities: { portMappings: true } },
    ],
  },
  { cniVersion: '0.3.1', name: 'single', type: 'bridge', dns: { nameservers: ['1.1.1.1'] } },
  { cniVersion: '1.1.0', name: 'a', loadOnlyInlinedPlugins: true, disableGC: 'true', plugins: [] },
);

test('configurations', async () => {
  await fuzz(conflists, (input) => {
    try {
      const list = parseConfList(input.toString('latin1'), '/etc/cni/net.d/x.conflist');
      assert.ok(list.name !== '' && list.plugins.every(({ type }) => typeof type === 'string'));
    } catch (error) {
      assert(error instanceof CniConfigError, String(error));
      assert.match(error.message, /^\/etc\/cni\/net\.d\/x\.conflist: ./);
    }
  });
});

const outputs = [
  ...texts(
    {
      cniVersion: '1.1.0',
      interfaces: [
        { name: 'br0', mac: '02:00:00:00:00:01' },
        { name: 'eth0', mtu: 1500, sandbox: '/run/netns/x', socketPath: '/s', pciID: '0:1' },
      ],
      ips: [
        { address: '10.0.0.2/24', gateway: '10.0.0.1', interface: 1 },
        { address: 'fd00::2/64', interface: 0 },
      ],
      routes: [{ dst: '0.0.0.0/0', gw: '10.0.0.1', mtu: 1400, advmss: 1, priority: 2, table: 3, scope: 4 }],
      dns: { nameservers: ['1.1.1.1'], domain: 'a', search: ['b'], options: ['ndots:5'] },
    },
    { cniVersion: '0.3.1', ips: [{ version: '4', address: '10.0.0.2/24', interface: 99 }] },
    { cniVersion: '1.0.0', code: 11, msg: 'try again later', details: 'no address is free' },
    { code: '7', msg: ['x'], details: {} },
  ),
  Buffer.from(''),
  Buffer.from('null'),
  Buffer.from('panic: runtime error: index out of range [0] with length 0\ngoroutine 1 [running]:'),
];

test('what plugins print, whatever code they end with', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'cni-fuzz-'));
  try {
    for (const plugin of ['first', 'second']) writeFileSync(join(dir, plugin), '');
    const list = parseConfList(
      JSON.stringify({ cniVersion: '1.1.0', name: 'net', plugins: [{ type: 'first' }, { type: 'second' }] }),
    );
    const runtime = { containerId: 'c1', netns: '/run/netns/x', ifName: 'eth0' };
    let added = 0;
    let refused = 0;
    await fuzz(outputs, async (input) => {
      const stdout = input.toString('latin1');
      const code = input.length % 3 === 0 ? 1 : 0;
      const cni = new Cni({
        pluginDirs: [dir],
        cacheDir: join(dir, 'cache'),
        exec: async () => ({ ended: 'exit', code, killedBy: null, stdout, stderr: stdout.slice(0, 9) }),
      });
      try {
        const result = await cni.addNetworkList(list, runtime);
        added++;
        for (const address of sandboxAddresses(result, 'eth0')) assert.match(address, /^[0-9a-f.:]+$/i);
        for (const version of supportedVersions) {
          const json = resultToJson(convertResult(result, version));
          assert.deepEqual(resultToJson(parseResult(JSON.parse(JSON.stringify(json)), version)), json);
        }
      } catch (error) {
        assert(error instanceof CniError, String(error));
        refused++;
        assert.match(error.message, /^CNI plugin (first|second) \(network net, ADD\): ./);
        assert.ok(error.message.length < 10_000 || error.failure === 'plugin');
      }
    });
    assert.ok(added > 0 && refused > 0, `${added} were results, ${refused} were none`);
    assert.deepEqual(readdirSync(join(dir, 'cache/results')), ['net-c1-eth0']);
  } finally {
    rmSync(dir, { recursive: true });
  }
});

const records = texts({
  kind: 'cniCacheV1',
  containerId: 'c1',
  config: Buffer.from('{"cniVersion":"1.0.0","name":"net","plugins":[{"type":"bridge"}]}').toString('base64'),
  ifName: 'eth0',
  networkName: 'net',
  netns: '/run/netns/x',
  cniArgs: [['K8S_POD_NAME', 'p']],
  capabilityArgs: { portMappings: [{ hostPort: 1 }] },
  result: { cniVersion: '1.0.0', ips: [{ address: '10.0.0.2/24' }] },
});

test('records of attachments: what is none is passed over', async () => {
  assert.ok(parseCacheFile(records[0]?.toString() ?? '') !== undefined);
  await fuzz(records, (input) => {
    const record = parseCacheFile(input.toString('latin1'));
    if (record !== undefined) assert.equal(typeof record.containerId, 'string');
  });
});
