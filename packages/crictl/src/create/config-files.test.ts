import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadContainerConfig, parseContainerConfig, parsePodConfig } from './config-files.ts';

test('pod and container files are checked', () => {
  const warnings: string[] = [];
  const logger = { warning: (text: string) => warnings.push(text) };
  const metadata = { name: 'n', namespace: 'd' };
  const pod = parsePodConfig('p', { metadata, linux: {} }, logger);
  assert.match(pod.metadata?.uid ?? '', /^[0-9a-f-]{36}$/);
  assert.equal(warnings.length, 1);
  assert.throws(() => parsePodConfig('p', {}, logger), /metadata is not set/);
  assert.throws(
    () => parsePodConfig('p', { metadata: { name: 'n' } }, logger),
    /name or namespace is not in metadata "name:\\"n\\" uid:/,
  );
  parsePodConfig('p', { metadata, loglevel: 1 }, logger);
  assert.match(warnings[1] ?? '', /^p: unknown field "loglevel"/);
  assert.throws(() => parsePodConfig('p', { metadata: 'n' }, logger), /^Error: p: metadata: expected/);
  const loose = { metadata: { Name: 0o17, namespace: true, uid: 2n ** 60n }, labels: { a: 1.5, b: null } };
  const read = parsePodConfig('p', loose, logger);
  assert.deepEqual(read.metadata, { name: '15', namespace: 'true', uid: '1152921504606846976', attempt: 0 });
  assert.deepEqual(read.labels, { a: '1.5', b: '' });
  const container = parseContainerConfig('c', { metadata: { name: 'c' }, image: { image: 'i' } }, logger);
  assert.equal(container.image?.userSpecifiedImage, 'i');
  assert.throws(() => parseContainerConfig('c', { metadata: { name: 'c' } }, logger), /image is not set/);
  assert.throws(
    () => parseContainerConfig('c', { metadata: { name: 'c' }, image: {} }, logger),
    /image field is not set in image ""/,
  );
});

test('a configuration in YAML has the numbers, booleans and merge keys of Go tools', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'crictl-config-'));
  const logger = { warning: () => {} };
  try {
    const path = join(dir, 'container.yaml');
    const text = `metadata: {name: 017}
image: {image: busybox}
x: &x {readonly_rootfs: on}
tty: yes
linux:
  security_context: {<<: *x, run_as_user: {value: 0o17}}
  resources: {memory_limit_in_bytes: 9_007_199_254_740_993, cpu_shares: 0x10}
`;
    for (const content of [text, Buffer.from(`\ufeff${text}`, 'utf16le')]) {
      writeFileSync(path, content);
      const { metadata, tty, linux } = await loadContainerConfig(path, logger);
      assert.equal(metadata?.name, '15');
      assert.equal(tty, true);
      assert.equal(linux?.securityContext?.readonlyRootfs, true);
      assert.equal(linux?.securityContext?.runAsUser?.value, 15n);
      assert.equal(linux?.resources?.memoryLimitInBytes, 9_007_199_254_740_993n);
      assert.equal(linux?.resources?.cpuShares, 16n);
    }
  } finally {
    rmSync(dir, { recursive: true });
  }
});
