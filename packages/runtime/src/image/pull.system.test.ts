import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ImageStatusRequest, ListImagesRequest } from '@berth/cri/generated/api.ts';
import { mount, unmount } from '@berth/linux/mounts/mount.ts';
import { digestOf } from '@berth/oci/image-spec/digest.ts';
import { mediaTypes } from '@berth/oci/image-spec/media-types.ts';
import { hostPlatform } from '@berth/oci/image-spec/platform.ts';
import { call, type TestImageStore, TestImages } from '../testing/test-images.ts';

let images: TestImages;
before(async () => {
  images = await TestImages.start();
});
after(() => images[Symbol.asyncDispose]());

test('an image is pulled, told of, and removed without a trace', async () => {
  const store = await images.open();
  const id = await store.pull('one:1');
  assert.deepEqual(await store.list(), [['one:1']]);
  const { image, info } = await store.handlers.imageStatus(
    ImageStatusRequest.fromPartial({ image: { image: `${images.registry.address}/one:1` }, verbose: true }),
    call,
  );
  assert.equal(image?.id, id);
  assert.deepEqual(image?.uid, { value: 1000n });
  assert.match(image?.repoDigests?.[0] ?? '', /one@sha256:/);
  assert(Number(image?.size) > 8192);
  assert.deepEqual(JSON.parse(info?.info ?? '').imageSpec.config.Cmd, ['/one']);
  const rootfs = await store.service.rootfs(id);
  const [top = '', bottom = '', ...others] = rootfs?.lowerDirs ?? [];
  assert.equal(others.length, 0);
  assert.equal(readFileSync(join(top, 'etc/one'), 'utf8'), 'one');
  assert.equal(readFileSync(join(bottom, 'etc/base'), 'utf8'), 'base');
  assert.equal(store.blobs().length, 2);
  const { imageFilesystems, containerFilesystems } = await store.handlers.imageFsInfo({}, call);
  assert(Number(imageFilesystems?.[0]?.usedBytes?.value) > 8192);
  assert.deepEqual(imageFilesystems?.[0]?.fsId, containerFilesystems?.[0]?.fsId);
  const again = await images.open(store.root);
  assert.equal((await again.service.rootfs(`${images.registry.address}/one:1`))?.id, id);
  const fresh = await images.open(store.root);
  await fresh.remove(id);
  await fresh.remove(id);
  assert.deepEqual([await fresh.list(), fresh.layers(), fresh.blobs(), fresh.ingests()], [[], [], [], []]);
  const missing = await fresh.handlers.imageStatus(
    ImageStatusRequest.fromPartial({ image: { image: id } }),
    call,
  );
  assert.equal(missing.image, undefined);
});

test('an image without layers has an empty root', async () => {
  const store = await images.open();
  const [lower = ''] = (await store.service.rootfs(await store.pull('scratch:1')))?.lowerDirs ?? [];
  assert.deepEqual(readdirSync(lower), []);
});

test('a pull that fails says why and leaves nothing half done', async () => {
  const store = await images.open();
  const cases: [name: string, message: RegExp, code: string][] = [
    ['none:1', /failed to pull ".*\/none:1": .*not found/, 'NOT_FOUND'],
    ['evil:1', /failed to pull ".*\/evil:1": layer sha256:.*: "\.\.\/evil" leaves the layer/, 'UNKNOWN'],
    ['Evil:1', /image\.image: invalid image reference .*lower case/, 'INVALID_ARGUMENT'],
  ];
  for (const [name, message, criCode] of cases)
    await assert.rejects(store.pull(name), { message, criCode }, name);
  assert.deepEqual([await store.list(), store.blobs(), store.ingests()], [[], [], []]);
  // The layer that was good stays for an hour, for the next try.
  assert.equal(store.layers().filter((name) => name.endsWith('.partial')).length, 0);
  const small = await images.open(undefined, { maxLayerBytes: 2000 });
  await assert.rejects(small.pull('one:1'), /the limit maxBytes of a layer/);
  assert.deepEqual([small.layers(), small.blobs()], [[], []]);
});

test('an image as a whole has a limit, compressed and unpacked', async () => {
  const zeros = (path: string) => [{ type: 'file' as const, path, content: Buffer.alloc(400_000) }];
  await images.push('three', ['a', 'b', 'c'].map(zeros));
  await images.push('dense', [[{ type: 'file', path: 'dense', content: randomBytes(3000) }]]);
  const store = await images.open(undefined, { maxImageBytes: 1_000_000 });
  const expected = {
    message: /three:1": image unpacks to more than 1000000 bytes, the limit image\.maxImageBytes$/,
  };
  await assert.rejects(store.pull('three:1'), expected);
  // The layers that fitted are not kept for another try, which could not succeed.
  assert.deepEqual([store.layers(), store.blobs(), store.ingests()], [[], [], []]);
  await store.pull('one:1');
  const small = await images.open(undefined, { maxImageBytes: 2000 });
  await assert.rejects(
    small.pull('dense:1'),
    /image has more than 2000 bytes, the limit image\.maxImageBytes$/,
  );
  const exact = await images.open(undefined, { maxImageBytes: 1_300_000 });
  await exact.pull('three:1');
});

test('a full disk is told of, and nothing is left on it', async () => {
  const files: [name: string, content: Buffer][] = [
    ['dense', randomBytes(3_000_000)],
    ['zeros', Buffer.alloc(3_000_000)],
    ['more-zeros', Buffer.alloc(30_000_000)],
  ];
  for (const [name, content] of files) await images.push(name, [[{ type: 'file', path: name, content }]]);
  const root = join(images.dir, 'full');
  mkdirSync(join(root, 'images'), { recursive: true });
  mount({ source: 'tmpfs', target: join(root, 'images'), fstype: 'tmpfs', data: 'size=2m' });
  try {
    const store = await images.open(root, { maxLayerBytes: 1_000_000_000, maxImageBytes: 1_000_000_000 });
    for (const [name] of files) {
      const expected = {
        criCode: 'RESOURCE_EXHAUSTED',
        message: /failed to pull ".*": .*no space left on device/,
      };
      await assert.rejects(store.pull(`${name}:1`), expected, name);
      assert.deepEqual([store.layers(), store.blobs(), store.ingests()], [[], [], []], name);
    }
    await store.pull('one:1');
    assert.deepEqual(await store.list(), [['one:1']]);
  } finally {
    unmount(join(root, 'images'));
  }
});

test('an image that came by an index is found by the digest of its manifest, too', async () => {
  const { digest: manifest } = images.layoutManifest('one');
  const { address } = images.registry;
  const index = await images.putManifest('one:list', mediaTypes.ociIndex, {
    schemaVersion: 2,
    mediaType: mediaTypes.ociIndex,
    manifests: [
      {
        mediaType: mediaTypes.ociManifest,
        digest: manifest,
        size: images.layoutSize(manifest),
        platform: hostPlatform(),
      },
    ],
  });
  const find = async (store: TestImageStore, image: string) =>
    (await store.handlers.imageStatus(ImageStatusRequest.fromPartial({ image: { image } }), call)).image?.id;
  for (const reference of [`one@${index}`, 'one:list']) {
    const store = await images.open();
    const id = await store.pull(reference);
    const cases: [image: string, found: boolean][] = [
      [`${address}/${reference}`, true],
      [`${address}/one@${index}`, true],
      [`${address}/one@${manifest}`, true],
      [`${address}/one:other@${manifest}`, true],
      [`${address}/two@${manifest}`, false],
      [`${address}/one@${id}`, false],
      [`${address}/one@${digestOf('x')}`, false],
    ];
    for (const [image, isFound] of cases)
      assert.equal(await find(store, image), isFound ? id : undefined, image);
    const byManifest = `${address}/one@${manifest}`;
    assert.equal((await store.service.rootfs(byManifest))?.id, id);
    const filter = { image: { image: byManifest } };
    const { images: listed } = await store.handlers.listImages(
      ListImagesRequest.fromPartial({ filter }),
      call,
    );
    assert.deepEqual(
      listed?.map(({ repoDigests }) => repoDigests),
      [[`${address}/one@${index}`]],
    );
    await store.remove(byManifest);
    assert.deepEqual(await store.list(), []);
  }
  // By its manifest alone nothing is known of an index.
  const store = await images.open();
  const id = await store.pull(`one@${manifest}`);
  assert.equal(await find(store, `${address}/one@${manifest}`), id);
  assert.equal(await find(store, `${address}/one@${index}`), undefined);
});
