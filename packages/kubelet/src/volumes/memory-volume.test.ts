import assert from 'node:assert/strict';
import { test } from 'node:test';
import { supportsNoswap } from '../node/node-capacity.ts';
import { manifest, podOf } from '../testing/manifest.ts';
import { memoryVolumeOptions } from './memory-volume.ts';

const node = { memoryBytes: 1000, noswap: false };
const sizes: [what: string, memory: (string | number)[], sizeLimit: string | undefined, size: number][] = [
  ['no limit: all that the node has', [''], undefined, 1000],
  ['its own limit', [''], '200', 200],
  ['a limit beyond the node', [''], '2000', 1000],
  ['a limit of zero is none', [''], '0', 1000],
  ['thousandths are rounded up', [''], '1500m', 2],
  ["the containers' limits together", [100, 200], undefined, 300],
  ['the least of the two', [100, 200], '250', 250],
  ['one container without a limit', [100, ''], undefined, 1000],
  ["containers' limits beyond the node", [900, 900], undefined, 1000],
];

for (const [what, memory, sizeLimit, size] of sizes) {
  test(`emptyDir in memory: ${what}`, () => {
    const containers = memory.map((limit, index) => ({
      name: `c${index}`,
      image: 'a',
      ...(limit === '' ? {} : { resources: { limits: { memory: limit } } }),
    }));
    const options = memoryVolumeOptions(podOf(manifest({ spec: { containers } })), sizeLimit, node);
    assert.equal(options, `mode=1777,size=${size}`);
  });
}

test('emptyDir in memory stays out of swap where the kernel has that', () => {
  const options = memoryVolumeOptions(podOf(manifest()), undefined, { ...node, noswap: true });
  assert.equal(options, 'mode=1777,size=1000,noswap');
  const root = '         0          0 4294967295\n';
  const cases: [string, string, boolean][] = [
    ['6.4.0-1-amd64', root, true],
    ['6.18.1', root, true],
    ['7.0.0', root, true],
    ['6.3.9', root, false],
    ['5.15.0', root, false],
    ['6.18.1', '         0     100000      65536\n', false],
  ];
  for (const [version, uidMap, supported] of cases) {
    assert.equal(supportsNoswap(version, uidMap), supported, version);
  }
});
