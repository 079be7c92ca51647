import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { testPod } from '../../testing/pod.ts';
import { nfsPlugin } from './nfs.ts';

const rootDir = mkdtempSync(join(tmpdir(), 'nfs-plugin-'));
after(() => rmSync(rootDir, { recursive: true }));
const bin = join(rootDir, 'bin');
mkdirSync(bin);
const pod = testPod({ containers: [{ name: 'a' }] });
const path = join(rootDir, 'pods/u/volumes/kubernetes.io~nfs/v');
const plugin = nfsPlugin({ roots: { rootDir }, searchPath: [join(rootDir, 'none'), bin] });
const { signal } = new AbortController();
const setUp = (nfs: { server: string; path: string; readOnly?: boolean }) =>
  plugin.setUp(pod, { name: 'v', nfs }, signal);

/** A mount.nfs that writes its arguments to a file, then runs `script`. */
function install(script = ''): void {
  const text = `#!/bin/sh\necho "$@" > ${rootDir}/arguments\n${script}\n`;
  writeFileSync(join(bin, 'mount.nfs'), text, { mode: 0o755 });
}

test('without mount.nfs the error says what to install', async () => {
  await assert.rejects(
    setUp({ server: 's', path: '/x' }),
    /mount\.nfs is not installed on this node: install/,
  );
});

test('mount.nfs gets server, path and options', async () => {
  install();
  for (const [nfs, words, isReadOnly] of [
    [{ server: 'files', path: '/x' }, `files:/x ${path}`, false],
    [{ server: '2001:db8::1', path: '/x y', readOnly: true }, `[2001:db8::1]:/x y ${path} -o ro`, true],
  ] as const) {
    assert.deepEqual(await setUp(nfs), { from: 'node', path, isReadOnly, isRelabelled: false });
    assert.equal(readFileSync(join(rootDir, 'arguments'), 'utf8'), `${words}\n`);
  }
});

test('its complaint is the error, and no folder stays', async () => {
  install('echo "mount.nfs: Connection refused" >&2; exit 32');
  await assert.rejects(setUp({ server: 's', path: '/x' }), {
    message: 'mount failed: mount.nfs: Connection refused',
  });
  assert.ok(!existsSync(path));
});

test('a pod that ends does not wait for the server', async () => {
  install('exec sleep 600');
  const abort = new AbortController();
  const mounting = plugin.setUp(pod, { name: 'v', nfs: { server: 's', path: '/x' } }, abort.signal);
  setImmediate(() => abort.abort());
  await assert.rejects(mounting, /^Error: mount failed: The operation was aborted$/);
});
