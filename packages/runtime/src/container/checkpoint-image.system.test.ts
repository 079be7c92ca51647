// A checkpoint that is an image: what is made of it before its start, which alone needs a criu that works.
import assert from 'node:assert/strict';
import {
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { writeOciLayout } from '@berth/oci/layout-writer.ts';
import type { TarEntry } from '@berth/oci/tar/entry.ts';
import { encodeTar, endOfTar } from '@berth/oci/tar/writer.ts';
import { importArchive } from '../../../../test/support/images.ts';
import { findProgram } from '../programs.ts';
import { failsWith, PodCalls } from '../testing/pod-calls.ts';
import { TestNode } from '../testing/test-node.ts';

let node: TestNode;
let pods: PodCalls;
let base: string;
before(async () => {
  node = await TestNode.start('rt-ckpt-image', 234);
  pods = new PodCalls(node);
  const { image } = node.containerConfig([]);
  const status = await node.client.image.imageStatus({ image, verbose: false });
  base = status.image?.id ?? '';
});
after(() => node[Symbol.asyncDispose]());

const skip = hasCriu() ? false : 'criu is not installed';
const image = (name: string) => `localhost/checkpoint/${name}:1`;
const file = (path: string, content: string | Buffer): TarEntry => ({ type: 'file', path, content });
const diff = Buffer.concat([...encodeTar([file('added', 'new')]), endOfTar()]);

/** The files of a checkpoint, some in another form. */
function checkpointFiles(change: TarEntry[] = []): TarEntry[] {
  const entries = [
    file('config.dump', JSON.stringify({ rootfsImageRef: base, rootfsImageName: 'busybox' })),
    file('spec.dump', JSON.stringify({ mounts: [], process: {} })),
    file('rootfs-diff.tar', diff),
    { type: 'directory' as const, path: 'checkpoint' },
    file('checkpoint/inventory.img', 'pages'),
  ];
  return [...entries.filter(({ path }) => !change.some((other) => other.path === path)), ...change];
}

/** Brings an image to the store whose one layer is a checkpoint. */
async function load(name: string, annotations: Record<string, string>, change: TarEntry[] = []) {
  const dir = mkdtempSync('/tmp/berth-checkpoint-image-');
  const layers = [checkpointFiles(change)];
  try {
    await writeOciLayout({ dir, name: image(name), layers, config: {}, annotations });
    await importArchive(node.config.listen, dir);
  } finally {
    rmSync(dir, { recursive: true });
  }
}

const make = (sandbox: string, name: string) =>
  pods.makeContainer(sandbox, [], { image: { image: image(name) }, metadata: { name, attempt: 0 } });

test('a container is made of an image that says it is a checkpoint, as of an archive', { skip }, async () => {
  const sandbox = await pods.runPod('images', {}, 'runc');
  for (const [name, annotation] of [
    ['crio', 'io.kubernetes.cri-o.annotations.checkpoint.name'],
    ['criu', 'org.criu.checkpoint.container.name'],
  ] as const) {
    await load(name, { [annotation]: 'counter' });
    await assertRestorable(await make(sandbox, name));
  }
  const archive = join(node.dir, 'archive.tar');
  writeFileSync(archive, Buffer.concat([...encodeTar(checkpointFiles()), endOfTar()]));
  const change = { image: { image: archive }, metadata: { name: 'archive', attempt: 0 } };
  await assertRestorable(await pods.makeContainer(sandbox, [], change));
  await pods.removePod(sandbox);
});

async function assertRestorable(id: string): Promise<void> {
  const { state, imageId } = await pods.statusOf(id);
  assert.deepEqual([state, imageId], [0, base]);
  const layer = join(node.config.root, 'containers', id);
  assert.equal(readFileSync(join(layer, 'upper/added'), 'utf8'), 'new');
  assert.equal(readFileSync(join(layer, 'restore/checkpoint/inventory.img'), 'utf8'), 'pages');
  assert.ok(!existsSync(join(layer, 'restore/rootfs-diff.tar')));
}

test('links in such an image lead nowhere', { skip }, async () => {
  await load('links', { 'org.criu.checkpoint.container.name': 'x' }, [
    { type: 'symlink', path: 'deleted.files', target: '/etc/passwd' },
    { type: 'symlink', path: 'rootfs-diff.tar', target: '/etc/passwd' },
    { type: 'symlink', path: 'checkpoint/inventory.img', target: '/etc/passwd' },
    file('evil', 'x'),
  ]);
  const sandbox = await pods.runPod('links', {}, 'runc');
  const id = await make(sandbox, 'links');
  const restore = join(node.config.root, 'containers', id, 'restore');
  assert.deepEqual(readdirSync(restore).sort(), ['checkpoint', 'config.dump', 'spec.dump']);
  assert.deepEqual(readdirSync(join(restore, 'checkpoint')), []);
  assert.ok(lstatSync(restore).isDirectory());
  await pods.removePod(sandbox);
});

test('what only looks like a checkpoint is an image, and what only says so has an error', {
  skip,
}, async () => {
  const sandbox = await pods.runPod('others', {}, 'runc');
  await load('unsaid', {});
  await assert.rejects(make(sandbox, 'unsaid'), failsWith('INVALID_ARGUMENT', /no command specified/));
  const annotations = { 'org.criu.checkpoint.container.name': 'x' };
  await load('empty', annotations, [file('spec.dump', '')]);
  await assert.rejects(
    make(sandbox, 'empty'),
    failsWith(
      'INVALID_ARGUMENT',
      /config\.image\.image: image localhost\/checkpoint\/empty:1 is not a checkpoint: it has no spec\.dump/,
    ),
  );
  const config = JSON.stringify({ rootfsImageName: 'localhost/no/such:1' });
  await load('foreign', annotations, [file('config.dump', config)]);
  await assert.rejects(
    make(sandbox, 'foreign'),
    failsWith('NOT_FOUND', /image localhost\/no\/such:1 is not here; pull it first/),
  );
  await pods.removePod(sandbox);
});

function hasCriu(): boolean {
  try {
    findProgram('criu', 'criu');
    return true;
  } catch {
    return false;
  }
}
