import assert from 'node:assert/strict';
import { test } from 'node:test';
import { containerHash } from './container-hash.ts';

// The expected values were printed by a Go program that hashes as the real kubelet does.
const cases: [name: string, image: string, hash: string][] = [
  ['main', 'busybox', 'b34e1a14'],
  ['nginx', 'registry.k8s.io/nginx:1.27', '16d0cb1c'],
  ['a-b', 'localhost/berth-test/busybox:1', '125404fa'],
];

for (const [name, image, hash] of cases) {
  test(`hash of ${name} from ${image} equals the real kubelet's`, () => {
    assert.equal(containerHash({ name, image }), hash);
  });
}
