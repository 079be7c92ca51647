import assert from 'node:assert/strict';
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ListImagesRequest } from '@berth/cri/generated/api.ts';
import { digestOf } from '@berth/oci/image-spec/digest.ts';
import { pushArtifact } from '@berth/test-support/artifact.ts';
import { call, TestImages } from '../testing/test-images.ts';

let images: TestImages;
before(async () => {
  images = await TestImages.start();
});
after(() => images[Symbol.asyncDispose]());

const push = (name: string, files: Record<string, string>) =>
  pushArtifact(images.registry, { dir: images.dir, name, files });

test('an artifact is pulled as files by title, listed, and removed without a trace', async () => {
  await push('model', { 'weights.bin': 'w', 'docs/readme': 'read me', '': 'no title' });
  const store = await images.open();
  const id = await store.pull('model:1');
  assert.equal(await store.pull('model:1'), id);
  assert.deepEqual(await store.list(), [['model:1']]);
  const again = await images.open(store.root);
  const [dir = '', ...others] = (await again.service.rootfs(id))?.lowerDirs ?? [];
  assert.deepEqual(others, []);
  assert.equal(readFileSync(join(dir, 'weights.bin'), 'utf8'), 'w');
  assert.equal(readFileSync(join(dir, 'docs/readme'), 'utf8'), 'read me');
  assert.equal(readFileSync(join(dir, digestOf('no title').replace(':', '-')), 'utf8'), 'no title');
  assert.equal(lstatSync(join(dir, 'weights.bin')).mode & 0o777, 0o644);
  const { images: listed } = await again.handlers.listImages(ListImagesRequest.fromPartial({}), call);
  assert.equal(listed?.[0]?.id, id);
  assert.equal((await again.service.rootfs(id))?.config.artifactType, 'application/vnd.example+model');
  const fresh = await images.open(store.root);
  await fresh.remove('127.0.0.1:1/other:1');
  await fresh.remove(id);
  assert.deepEqual([await fresh.list(), fresh.layers(), fresh.blobs(), fresh.ingests()], [[], [], [], []]);
});

test('files of an artifact stay in its directory', async () => {
  const store = await images.open();
  for (const [name, files, message] of [
    ['up', { '../../evil': 'x' }, /leaves the layer/],
    ['both', { a: 'x', 'a/b': 'y' }, /two files of the artifact are called "a\/b"/],
    [
      'huge',
      { big: 'x'.repeat(200_000) },
      /artifact has more than 100000 bytes, the limit image\.maxImageBytes/,
    ],
  ] as const) {
    await push(name, files);
    const small = await images.open(store.root, { maxImageBytes: 100_000 });
    await assert.rejects(small.pull(`${name}:1`), message);
    assert.deepEqual([await small.list(), small.layers()], [[], []]);
    assert.deepEqual(readdirSync(join(store.root, 'images')).sort(), ['content', 'empty', 'layers']);
  }
});
