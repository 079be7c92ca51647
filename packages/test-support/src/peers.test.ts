import assert from 'node:assert/strict';
import { test } from 'node:test';
import { executableName, moduleVersion } from './peers.ts';

test('the version of a peer is the one that go.mod requires', () => {
  assert.equal(
    moduleVersion('module m\n\ngo 1.26\n\nrequire example.com/a v1.2.3\n', 'example.com/a'),
    'v1.2.3',
  );
  const block = 'module m\n\nrequire (\n\texample.com/a/b v0.1.0 // indirect\n\texample.com/a v2.0.0\n)\n';
  assert.equal(moduleVersion(block, 'example.com/a'), 'v2.0.0');
  assert.equal(moduleVersion(block, 'example.com/a/b'), 'v0.1.0');
  assert.throws(() => moduleVersion(block, 'example.com/b'), /requires no example.com\/b/);
});

for (const [target, name] of [
  ['./static-pod-uid', 'static-pod-uid'],
  ['sigs.k8s.io/cri-tools/cmd/crictl', 'crictl'],
  ['go.etcd.io/etcd/server/v3', 'server'],
  ['github.com/containerd/containerd/v2/cmd/ctr', 'ctr'],
] as const) {
  test(`go build names the program of ${target} ${name}`, () => {
    assert.equal(executableName(target), name);
  });
}
