// `berth image` on a berthd of the test's own, with a registry.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type BerthdNode, startBerthdNode } from '@berth/test-support/berthd-node.ts';
import { crictl } from '@berth/test-support/crictl.ts';
import { startRegistry, type TestRegistry } from '@berth/test-support/image-registry.ts';
import { importArchive, writeTestImage } from '@berth/test-support/images.ts';
import { containerConfig, sandboxConfig, testImage } from '@berth/test-support/pods.ts';
import { listImages, loadImages } from './image.ts';
import { saveImages } from './image-save.ts';
import { inspectImages, pruneImages, pullImages, removeImages, tagImages } from './image-store.ts';

let node: BerthdNode;
let registry: TestRegistry;
let layout: Parameters<typeof loadImages>[0];

before(async () => {
  registry = await startRegistry();
  node = await startBerthdNode({ name: 'images' });
  // These commands use nothing else of a layout.
  layout = { socket: node.socket } as typeof layout;
  const dir = join(node.dir, 'layout');
  await writeTestImage(dir, 'app', { Cmd: ['/bin/sh'], Env: ['PATH=/bin'], User: '1000:1001' });
  await registry.push(dir, 'app', 'team/app', '1');
  await writeTestImage(join(node.dir, 'test'));
  await importArchive(node.socket, join(node.dir, 'test'));
});
after(async () => {
  await node?.[Symbol.asyncDispose]();
  await registry?.stop();
});

/** What `run` writes to the output that it gets. */
async function printed(run: (output: { write(text: string): unknown }) => Promise<void>): Promise<string> {
  const texts: string[] = [];
  await run({ write: (text) => texts.push(text) });
  return texts.join('');
}

test('an image is pulled, named, shown and removed name by name', async () => {
  const name = `${registry.address}/team/app:1`;
  assert.match(
    await printed((output) => pullImages(layout, [name], {}, output)),
    new RegExp(`^Pulled ${name} {2}[0-9a-f]{13} {2}[\\d.]+[kM]B\n$`),
  );
  await assert.rejects(pullImages(layout, [`${registry.address}/none:1`], {}), (error: Error) => {
    assert.equal(error.name, 'UserError');
    assert.match(error.message, /none:1.*not found/);
    assert.doesNotMatch(error.message, /rpc error/);
    return true;
  });
  await assert.rejects(pullImages(layout, ['127.0.0.1:1/none:1'], {}), /127\.0\.0\.1:1.*connection refused/);
  const tagged = await printed((output) => tagImages(layout, 'app:1', ['mine', 'shop/mine:2'], output));
  assert.match(
    tagged,
    /^Tagged [0-9a-f]{13} as docker\.io\/library\/mine:latest\nTagged .* as docker\.io\/shop\/mine:2\n$/,
  );
  const [shown] = JSON.parse(await printed((output) => inspectImages(layout, ['shop/mine:2'], output)));
  assert.deepEqual(
    [shown.Config.User, shown.Config.Env, shown.RepoTags, shown.RootFS.Layers.length, shown.Os],
    [
      '1000:1001',
      ['PATH=/bin'],
      [name, 'docker.io/library/mine:latest', 'docker.io/shop/mine:2'],
      1,
      'linux',
    ],
  );
  assert.match(shown.Id, /^sha256:/);
  assert.equal(
    (await printed((output) => listImages(layout, { quiet: true }, output))).split('\n').length,
    3,
  );
  await assert.rejects(removeImages(layout, [shown.Id], { force: false }), /has several names: .*with -f/);
  assert.equal(
    await printed((output) => removeImages(layout, ['mine', 'app:1'], { force: false }, output)),
    `Untagged docker.io/library/mine:latest\nUntagged ${name}\n`,
  );
  assert.equal(
    await printed((output) => removeImages(layout, ['mine:2'], { force: false }, output)),
    'Removed docker.io/shop/mine:2\n',
  );
  await assert.rejects(
    removeImages(layout, ['mine:2'], { force: false }),
    /no such image: mine:2\nhint: berth image ls lists all images$/,
  );
  await assert.rejects(inspectImages(layout, ['mine:2']), /no such image: mine:2/);
  await assert.rejects(tagImages(layout, 'mine:2', ['x']), /no such image: mine:2/);
});

test('an archive takes images to another name and back', async () => {
  const file = join(node.dir, 'saved.tar');
  await saveImages(layout, [testImage], { output: file, format: 'docker-archive' });
  assert.equal(statSync(file).mode & 0o777, 0o600);
  await printed((output) => removeImages(layout, [testImage], { force: true }, output));
  assert.equal(await printed((output) => loadImages(layout, file, output)), `Loaded ${testImage}\n`);
  await assert.rejects(
    saveImages(layout, ['none'], { output: join(node.dir, 'none.tar'), format: 'oci-archive' }),
    /no such image: none/,
  );
  await assert.rejects(
    saveImages(layout, [testImage], { output: join(node.dir, 'no/dir.tar'), format: 'oci-archive' }),
    /dir\.tar was not written: .*: no such file or directory$/,
  );
  assert.deepEqual(
    readdirSync(node.dir).filter((name) => name.endsWith('.tmp')),
    [],
  );
  assert(!existsSync(join(node.dir, 'none.tar')));
});

test('an archive comes from a pipe, packed or not; what is no archive is told, however long it is', async () => {
  const file = join(node.dir, 'piped.tar');
  await saveImages(layout, [testImage], { output: file, format: 'oci-archive' });
  const call = join(import.meta.dirname, '../testing/call.ts');
  const load = (shell: string, path: string) => {
    const command = `${shell} '${process.execPath}' '${call}' image loadImages '${JSON.stringify([layout, path])}'`;
    const { status, stdout, stderr } = spawnSync('bash', ['-c', command], { encoding: 'utf8' });
    return { status, stdout, stderr };
  };
  const loaded = { status: 0, stdout: `Loaded ${testImage}\n`, stderr: '' };
  assert.deepEqual(load(`cat '${file}' |`, '-'), loaded);
  assert.deepEqual(load(`gzip -c '${file}' |`, '-'), loaded);
  assert.deepEqual(load(`exec 7< <(cat '${file}');`, '/dev/fd/7'), loaded);
  for (const shell of ['yes |', 'echo x |']) {
    const { status, stdout, stderr } = load(shell, '-');
    assert.deepEqual([status, stdout], [1, '']);
    assert.match(
      stderr,
      /^standard input: not a tar archive.*; give an archive of docker save, or an OCI layout/,
    );
  }
  assert.match(
    load('head -c 9000 /dev/null |', '-').stderr,
    /^standard input: not an image archive: it is empty\n$/,
  );
  assert.match(load(`head -c 2000 '${file}' |`, '-').stderr, /^standard input: .*(truncated|ends)/);
});

test('an image of a container stays until it is forced, and a prune leaves it', async () => {
  const config = sandboxConfig({
    name: 'user',
    logDir: join(node.dir, 'logs'),
    cgroupParent: node.paths.cgroupParent,
  });
  const { runtime } = node.client;
  const { podSandboxId } = await runtime.runPodSandbox({ config });
  await runtime.createContainer({
    podSandboxId,
    config: containerConfig(['/bin/sleep', '1000']),
    sandboxConfig: config,
  });
  await assert.rejects(removeImages(layout, [testImage], { force: false }), /is used by .*; with -f/);
  assert.match(await printed((output) => pruneImages(layout, { all: true }, output)), /^Freed 0B\n$/);
  assert.equal(
    await printed((output) => removeImages(layout, [testImage], { force: true }, output)),
    `Removed ${testImage}\n`,
  );
  await runtime.removePodSandbox({ podSandboxId });
  assert.deepEqual(await node.leftovers(), []);
});

test('crictl rmi --prune frees what interrupted pulls left', () => {
  const partial = join(node.paths.root, 'images/content/ingest', `sha256-${'1'.repeat(64)}`);
  writeFileSync(partial, 'part');
  const { status, stderr } = spawnSync(crictl, ['-r', `unix://${node.socket}`, 'rmi', '--prune'], {
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
  assert(!existsSync(partial));
});

test('without a runtime it says how to start one', async () => {
  const nowhere = { ...layout, socket: join(node.dir, 'none.sock') };
  await assert.rejects(pruneImages(nowhere, { all: false }), /does not answer at .*none\.sock.*berth up/);
  await assert.rejects(inspectImages(nowhere, ['x']), /none\.sock/);
});
