import assert from 'node:assert/strict';
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { TestImages } from '../testing/test-images.ts';

let images: TestImages;
before(async () => {
  images = await TestImages.start();
});
after(() => images[Symbol.asyncDispose]());

test('a start removes what a dead berthd left', async () => {
  const store = await images.open();
  const id = await store.pull('one:1');
  const dirOf = (...names: string[]) => join(store.root, 'images', ...names);
  mkdirSync(dirOf('layers/77.partial/a'), { recursive: true });
  mkdirSync(dirOf('layers/78'));
  const [layer] = store.service.records.layers();
  assert(layer);
  const unfinished = store.service.records.beginLayer(id as typeof layer.chainId);
  mkdirSync(dirOf(`layers/${unfinished}.partial`));
  writeFileSync(dirOf('content/blobs/sha256', '0'.repeat(64)), 'unreferenced');
  writeFileSync(dirOf('content/ingest', 'spool-1'), '');
  writeFileSync(dirOf('content/ingest', `sha256-${'1'.repeat(64)}`), 'resumable');
  writeFileSync(dirOf('content/ingest', `sha256-${'2'.repeat(64)}`), 'old');
  utimesSync(dirOf('content/ingest', `sha256-${'2'.repeat(64)}`), 0, 0);
  const next = await images.open(store.root);
  assert.equal(next.layers().length, 2);
  assert.equal(next.blobs().length, 2);
  assert.deepEqual(next.ingests(), [`sha256-${'1'.repeat(64)}`]);
  assert.equal((await next.service.rootfs(id))?.lowerDirs.length, 2);
});
