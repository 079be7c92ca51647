import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { TestImages } from '../testing/test-images.ts';

let images: TestImages;
before(async () => {
  images = await TestImages.start();
});
after(() => images[Symbol.asyncDispose]());

test('images share layers, and go with all of their names', async () => {
  const store = await images.open();
  await Promise.all(['one:1', 'two:1', 'one:2', 'one:1'].map((name) => store.pull(name)));
  assert.deepEqual((await store.list()).sort(), [['one:1', 'one:2'], ['two:1']]);
  assert.equal(store.layers().length, 3);
  await store.remove(`${images.registry.address}/one:1`);
  assert.deepEqual(await store.list(), [['two:1']]);
  assert.equal(store.layers().length, 2);
});

test('a container keeps the layers of an image that was removed', async () => {
  const store = await images.open();
  const id = await store.pull('one:1');
  store.used.push(id);
  await store.remove(id);
  assert.deepEqual(await store.list(), []);
  assert.equal(store.layers().length, 2);
  store.used.length = 0;
  await store.list();
  await store.service.gate.run(async () => {});
  assert.deepEqual(store.layers(), []);
});

test('an image that was just handed out survives its removal, and can be pulled back', async () => {
  const store = await images.open();
  const id = await store.pull('one:1');
  await store.service.rootfs(id);
  await store.remove(id);
  assert.equal(store.layers().length, 2);
  await store.pull('one:1');
  assert.deepEqual(await store.list(), [['one:1']]);
  assert.equal(store.layers().length, 2);
});

test('an image that was handed out and removed goes by itself, once nobody can be using it', async (t) => {
  t.mock.timers.enable({ apis: ['Date', 'setTimeout'] });
  const store = await images.open();
  const id = await store.pull('one:1');
  await store.service.rootfs(id);
  await store.remove(id);
  t.mock.timers.tick(9_999);
  for (let turn = 0; turn < 100; turn++) await setImmediate();
  assert.equal(store.layers().length, 2);
  t.mock.timers.tick(1);
  for (let turn = 0; turn < 10_000 && store.layers().length > 0; turn++) await setImmediate();
  assert.deepEqual(store.layers(), []);
});
