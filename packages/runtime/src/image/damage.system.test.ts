// Layers and blobs that somebody deletes or cuts short on disk: it is noticed, told, and a pull repairs it.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ImageStatusRequest } from '@berth/cri/generated/api.ts';
import { call, type TestImageStore, TestImages } from '../testing/test-images.ts';
import { damagedImages } from './damage.ts';

let images: TestImages;
before(async () => {
  images = await TestImages.start();
});
after(() => images[Symbol.asyncDispose]());

const isPresent = async (store: TestImageStore, image: string) =>
  (await store.handlers.imageStatus(ImageStatusRequest.fromPartial({ image: { image } }), call)).image !==
  undefined;
const emptied = (directory: string) => {
  for (const name of readdirSync(directory)) rmSync(join(directory, name), { recursive: true });
};

test('a layer that is gone, emptied or no directory is noticed at its use, and repaired by a pull', async () => {
  const harm: [what: string, harm: (directory: string) => void][] = [
    ['missing', (directory) => rmSync(directory, { recursive: true })],
    ['damaged', emptied],
    [
      'damaged',
      (directory) => {
        rmSync(directory, { recursive: true });
        writeFileSync(directory, 'a file');
      },
    ],
  ];
  const image = `${images.registry.address}/one:1`;
  for (const [what, damage] of harm) {
    const store = await images.open();
    const id = await store.pull('one:1');
    const [top = ''] = (await store.service.rootfs(id))?.lowerDirs ?? [];
    damage(top);
    await assert.rejects(
      store.service.rootfs(image),
      ({ message }: Error) =>
        message.startsWith(`image ${image}: its layer sha256:`) &&
        message.endsWith(`is missing or damaged on disk; pull it again: crictl pull ${image}`),
    );
    assert.match(
      store.warnings.join('\n'),
      new RegExp(`${top} is ${what}: image .* crictl pull ${images.registry.address}/one`),
    );
    assert.equal(await isPresent(store, image), false, 'a kubelet is told to pull it');
    assert.deepEqual(await store.list(), [['one:1']]);
    assert.equal(await store.pull('one:1'), id);
    assert.equal(await isPresent(store, image), true);
    const [repaired = ''] = (await store.service.rootfs(image))?.lowerDirs ?? [];
    assert.equal(readFileSync(join(repaired, 'etc/one'), 'utf8'), 'one');
    const next = await images.open(store.root);
    assert.equal(next.layers().length, 2, 'nothing is left of the damaged layer');
    assert.equal(readFileSync(join(repaired, 'etc/one'), 'utf8'), 'one');
  }
});

test('a pull repairs without having been told of the damage', async () => {
  const store = await images.open();
  const id = await store.pull('one:1');
  for (const directory of (await store.service.rootfs(id))?.lowerDirs ?? []) emptied(directory);
  await store.pull('one:1');
  const [top = '', base = ''] = (await store.service.rootfs(id))?.lowerDirs ?? [];
  assert.equal(readFileSync(join(top, 'etc/one'), 'utf8'), 'one');
  assert.equal(readFileSync(join(base, 'etc/base'), 'utf8'), 'base');
});

test('a start tells of layers whose directory is gone, for each image', async () => {
  const store = await images.open();
  await store.pull('one:1');
  await store.pull('two:1');
  rmSync(join(store.root, 'images/layers'), { recursive: true });
  const next = await images.open(store.root);
  assert.equal(next.warnings.length, 3);
  for (const name of ['one', 'two'])
    assert.match(next.warnings.join('\n'), new RegExp(`is missing: image .*/${name}.* crictl pull `));
  await next.pull('one:1');
  await next.pull('two:1');
  assert.equal((await next.service.rootfs(`${images.registry.address}/two:1`))?.lowerDirs.length, 2);
});

test('documents and blobs that were cut short or changed are fetched again', async () => {
  const store = await images.open();
  const id = await store.pull('one:1');
  const blobs = join(store.root, 'images/content/blobs/sha256');
  for (const damage of [
    (path: string) => truncateSync(path, 10),
    (path: string) => writeFileSync(path, Buffer.alloc(statSync(path).size)),
    (path: string) => rmSync(path),
  ]) {
    for (const name of readdirSync(blobs)) damage(join(blobs, name));
    assert.equal(await store.pull('one:1'), id);
  }
  // What a layer's download left, were it damaged before it was unpacked.
  const layer = (await store.service.rootfs(id))?.lowerDirs[0] ?? '';
  const other = await images.open();
  await other.pull('one:1');
  for (const { chainId } of [...other.service.records.layers()]) await other.service.layers.remove(chainId);
  const manifest = images.layoutManifest('one');
  for (const { digest, size } of manifest.layers) {
    writeFileSync(join(other.root, 'images/content/blobs/sha256', digest.slice(7)), Buffer.alloc(size));
  }
  await other.pull('one:1');
  const [again = ''] = (await other.service.rootfs(id))?.lowerDirs ?? [];
  assert.deepEqual(readdirSync(again), readdirSync(layer));
});

test('what is damaged is told of a store that is in use, and of one that is not', async () => {
  const store = await images.open();
  const id = await store.pull('one:1');
  await store.pull('two:1');
  assert.deepEqual(damagedImages(store.root), []);
  const [top = ''] = (await store.service.rootfs(id))?.lowerDirs ?? [];
  rmSync(top, { recursive: true });
  const expected = [{ name: `${images.registry.address}/one:1`, directory: top, damage: 'missing' }];
  assert.deepEqual(damagedImages(store.root), expected);
  await assert.rejects(store.service.rootfs(id), /missing or damaged/);
  assert.deepEqual(
    damagedImages(store.root).map(({ name, damage }) => [name, damage]),
    [[`${images.registry.address}/one:1`, 'missing']],
    'also when berthd knows',
  );
  assert.deepEqual(damagedImages(join(images.dir, 'no-such-root')), []);
});
