import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { routes } from '@berth/http/routes.ts';
import { writeOciLayout } from '@berth/oci/archive/layout-writer.ts';
import type { TarEntry } from '@berth/oci/tar/entry.ts';
import { call, TestImages } from '../testing/test-images.ts';
import { importImages, importRoute } from './import.ts';

let images: TestImages;
before(async () => {
  images = await TestImages.start();
});
after(() => images[Symbol.asyncDispose]());

test('archives are imported over HTTP, by path and as a stream', async () => {
  const store = await images.open();
  const server = createServer(routes({ '/images/import': importRoute(store.service) })).listen(
    0,
    '127.0.0.1',
  );
  await once(server, 'listening');
  const address = server.address();
  assert(address !== null && typeof address === 'object');
  const good = join(images.dir, 'good');
  await writeOciLayout({
    dir: good,
    name: 'localhost/good:1',
    layers: [[{ type: 'file', path: 'good', content: 'good' }]],
    config: {},
  });
  const url = `http://127.0.0.1:${address.port}/images/import`;
  const post = async (body: object | string, type = 'application/json', query = '') => {
    const response = await fetch(url + query, {
      method: 'POST',
      body: typeof body === 'string' ? body : JSON.stringify(body),
      headers: { 'content-type': type },
    });
    return { status: response.status, text: await response.text() };
  };
  try {
    const { status, text } = await post({ path: good });
    assert.equal(status, 200, text);
    const [line = ''] = text.split('\n');
    assert.deepEqual(JSON.parse(line).names, ['localhost/good:1']);
    assert.equal(
      readFileSync(
        join((await store.service.rootfs('localhost/good:1'))?.lowerDirs[0] ?? '', 'good'),
        'utf8',
      ),
      'good',
    );
    assert.equal((await post({ path: good, names: ['renamed:2'] })).status, 200);
    assert.equal((await store.service.rootfs('renamed:2'))?.repoTags.length, 2);
    const bad: [body: object | string, type: string, message: RegExp][] = [
      [{ path: 'relative' }, 'application/json', /request\.path: expected an absolute path/],
      [{ path: '/no/such' }, 'application/json', /\/no\/such: no such file/],
      [{ path: good, nmes: [] }, 'application/json', /request\.nmes: unknown field/],
      ['{', 'application/json', /request: not JSON/],
      ['not a tar', 'application/x-tar', /image archive: not a tar archive/],
      [{ path: images.layout }, 'application/json', /"\.\.\/evil" leaves the layer/],
    ];
    for (const [body, type, message] of bad) {
      const answer = await post(body, type);
      assert.equal(answer.status, 400, answer.text);
      assert.match(answer.text, message);
    }
    assert.equal((await fetch(url)).status, 405);
    assert.equal((await fetch(url.replace('import', 'other'))).status, 404);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

test('the limit of an image holds for what is imported', async () => {
  const store = await images.open(undefined, { maxImageBytes: 20_000 });
  const zeros = join(images.dir, 'zeros');
  const layer = (path: string): TarEntry[] => [{ type: 'file', path, content: Buffer.alloc(15_000) }];
  await writeOciLayout({
    dir: zeros,
    name: 'localhost/zeros:1',
    layers: [layer('a'), layer('b')],
    config: {},
  });
  await assert.rejects(importImages(store.service, zeros, undefined, call.signal), {
    name: 'ImageSizeError',
    message: 'image unpacks to more than 20000 bytes, the limit image.maxImageBytes',
  });
  const dense = join(images.dir, 'dense');
  const content = randomBytes(30_000);
  await writeOciLayout({
    dir: dense,
    name: 'localhost/dense:1',
    layers: [[{ type: 'file', path: 'dense', content }]],
    config: {},
  });
  await assert.rejects(importImages(store.service, dense, undefined, call.signal), {
    name: 'ArchiveError',
    message: /dense: more than 20000 bytes, the limit image\.maxImageBytes$/,
  });
  assert.deepEqual([store.layers(), store.blobs(), store.ingests()], [[], [], []]);
});
