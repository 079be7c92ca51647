// A machine that goes down right after a pull, told by another boot id: what may be damaged is not used.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type TestImageStore, TestImages } from '../testing/test-images.ts';
import { removeDamaged } from './durability.ts';

let images: TestImages;
before(async () => {
  images = await TestImages.start();
});
after(() => images[Symbol.asyncDispose]());

const flush = (store: TestImageStore) => store.service.flusher.flush();
const volatile = (store: TestImageStore) => store.service.records.volatileLayers().length;

test('layers that were flushed, or are of this boot, stay', async () => {
  const store = await images.open();
  const id = await store.pull('one:1');
  assert.equal(volatile(store), 2);
  const same = await images.open(store.root);
  assert.equal((await same.service.rootfs(id))?.lowerDirs.length, 2);
  await flush(same);
  assert.equal(volatile(same), 0);
  const other = await images.open(store.root, {}, { bootId: 'other' });
  assert.equal((await other.service.rootfs(id))?.lowerDirs.length, 2);
  assert.deepEqual(other.warnings, []);
});

test('an image whose layers were not flushed at another boot is gone, told, and pulled anew', async () => {
  const store = await images.open();
  const two = await store.pull('two:1');
  await flush(store);
  const one = await store.pull('one:1');
  assert.equal(volatile(store), 1);
  const used = [one];
  const other = await images.open(store.root, {}, { bootId: 'other', used });
  assert.deepEqual(await other.list(), [['two:1']]);
  assert.equal(await other.service.rootfs(one), undefined);
  assert.equal(other.layers().length, 2);
  assert.equal(other.warnings.length, 1);
  assert.match(other.warnings[0] ?? '', /removed image .*\/one:1.*pull or load it again/);
  assert.equal(await other.pull('one:1'), one);
  assert.equal((await other.service.rootfs(one))?.lowerDirs.length, 2);
  assert.equal(await other.pull('two:1'), two);
  assert.equal(other.layers().length, 3);
  const again = await images.open(store.root, {}, { bootId: 'other' });
  assert.equal((await again.list()).length, 2);
});

test('a berthd that dies while it removes what may be damaged goes on with that', async () => {
  const store = await images.open();
  const id = await store.pull('one:1');
  const { service } = store;
  const dying = { ...service, layers: { remove: () => Promise.reject(new Error('killed')) } };
  await assert.rejects(removeDamaged(dying as never, 'other'), /killed/);
  const next = await images.open(store.root, {}, { bootId: 'other' });
  assert.deepEqual([await next.list(), next.layers(), next.blobs()], [[], [], []]);
  assert.equal(await next.service.rootfs(id), undefined);
  assert.deepEqual(readdirSync(join(store.root, 'images')).sort(), ['content', 'empty', 'layers']);
});

test('what comes during a flush is not taken for flushed, and a failure is told', async () => {
  const store = await images.open();
  await store.pull('two:1');
  const synced = Promise.withResolvers<void>();
  const slow = await images.open(store.root, {}, { sync: () => synced.promise });
  const flushing = flush(slow);
  await slow.pull('one:1');
  synced.resolve();
  await flushing;
  assert.equal(volatile(slow), 1);
  const broken = await images.open(store.root, {}, { sync: () => Promise.reject(new Error('EIO')) });
  await flush(broken);
  assert.equal(volatile(broken), 1);
  assert.match(broken.warnings[0] ?? '', /Flushing image layers to the disk failed: EIO/);
});
