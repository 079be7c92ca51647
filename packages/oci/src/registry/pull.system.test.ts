import assert from 'node:assert/strict';
import { appendFile, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { freePort } from '@berth/test-support/registry.ts';
import { TestPulls } from '@berth/test-support/test-pulls.ts';
import { digestHex } from '../image-spec/digest.ts';
import type { PullProgress, PullRequest } from './pull.ts';

let pulls: TestPulls;
before(async () => {
  pulls = await TestPulls.start();
});
after(() => pulls[Symbol.asyncDispose]());

test('an image is pulled whole, and a second pull downloads nothing', async () => {
  const store = await pulls.newStore();
  const events: PullProgress[] = [];
  const image = await pulls.pull(`${pulls.registry.address}/team/test:1`, {
    store,
    onProgress: (event) => events.push(event),
  });
  assert.equal(image.digest, image.manifestDigest);
  assert.deepEqual(image.config.config.Cmd, ['/a']);
  assert.equal(image.layers.length, 2);
  for (const { descriptor } of image.layers)
    assert.equal(await store.size(descriptor.digest), descriptor.size);
  assert.deepEqual(await readdir(join(store.dir, 'ingest')), []);
  assert.equal(events.filter(({ kind }) => kind === 'downloaded').length, 2);
  events.length = 0;
  const again = await pulls.pull(`${pulls.registry.address}/team/test@${image.digest}`, {
    store,
    onProgress: (event) => events.push(event),
  });
  assert.equal(again.configDigest, image.configDigest);
  assert.deepEqual(
    events.map(({ kind }) => kind),
    ['resolved', 'present', 'present'],
  );
});

test('concurrent pulls of one image download each blob once', async () => {
  await using counted = await pulls.proxy(() => false);
  const store = await pulls.newStore();
  await Promise.all([1, 2, 3].map(() => pulls.pull(`${counted.address}/team/test:1`, { store })));
  const blobs = counted.paths.filter((path) => path.includes('/blobs/'));
  const layers = (await pulls.pull(`${counted.address}/team/test:1`, { store })).layers;
  assert.equal(layers.length, 2);
  for (const { descriptor } of layers) {
    assert.equal(blobs.filter((path) => path.includes(descriptor.digest)).length, 1);
  }
});

test('a broken download goes on where it stopped', async () => {
  let cuts = 0;
  const ranges: (string | undefined)[] = [];
  await using flaky = await pulls.proxy((request, response) => {
    if (!request.url?.includes('/blobs/')) return false;
    ranges.push(request.headers.range);
    if (cuts >= 2 || request.headers.range !== undefined) return false;
    cuts++;
    response.writeHead(503, { 'retry-after': '0' }).end();
    return true;
  });
  const store = await pulls.newStore();
  const wanted = await pulls.pull(`${pulls.registry.address}/team/test:1`);
  const [layer] = wanted.layers;
  assert(layer);
  const { digest } = layer.descriptor;
  const content = await readFile(join(pulls.layout, 'blobs/sha256', digestHex(digest)));
  await writeFile(join(store.dir, 'ingest', `sha256-${digestHex(digest)}`), content.subarray(0, 1_000_000));
  await pulls.pull(`${flaky.address}/team/test:1`, { store });
  assert(ranges.includes('bytes=1000000-'), `ranges: ${ranges}`);
  assert.equal(cuts, 2);
  assert.deepEqual(await store.read(digest), content);
});

test('a connection cut in the middle of a blob is resumed', async () => {
  let cut = false;
  await using flaky = await pulls.proxy((request, response) => {
    if (cut || !request.url?.includes('/blobs/') || request.headers.range) return false;
    const digest = request.url.split('/').at(-1)?.slice(7) ?? '';
    void readFile(join(pulls.layout, 'blobs/sha256', digest)).then((content) => {
      response.writeHead(200, { 'content-length': content.length });
      if (content.length < 1_000_000) return response.end(content);
      cut = true;
      response.write(content.subarray(0, 500_000), () => response.destroy());
    });
    return true;
  });
  const store = await pulls.newStore();
  const image = await pulls.pull(`${flaky.address}/team/test:1`, { store });
  assert.equal(cut, true);
  for (const { descriptor } of image.layers) await store.read(descriptor.digest);
});

test('a damaged partial blob is thrown away and fetched anew', async () => {
  const store = await pulls.newStore();
  const [layer] = (await pulls.pull(`${pulls.registry.address}/team/test:1`)).layers;
  assert(layer);
  const path = join(store.dir, 'ingest', `sha256-${digestHex(layer.descriptor.digest)}`);
  await writeFile(path, 'not what the blob starts with');
  await pulls.pull(`${pulls.registry.address}/team/test:1`, { store });
  await store.read(layer.descriptor.digest);
  await appendFile(path, Buffer.alloc(4_000_000));
  await store.remove(layer.descriptor.digest);
  await pulls.pull(`${pulls.registry.address}/team/test:1`, { store });
  await store.read(layer.descriptor.digest);
});

test('content that is not what was asked for is refused', async () => {
  await using liar = await pulls.proxy((request, response) => {
    if (!request.url?.includes('/blobs/')) return false;
    const digest = request.url.split('/').at(-1)?.slice(7) ?? '';
    void readFile(join(pulls.layout, 'blobs/sha256', digest)).then((content) => {
      if (content.length < 1_000_000) return response.end(content);
      content[700_000] = 1;
      response.end(content);
    });
    return true;
  });
  const store = await pulls.newStore();
  await assert.rejects(
    pulls.pull(`${liar.address}/team/test:1`, { store }),
    /^PullError: failed to pull ".*\/team\/test:1": digest mismatch of blob: expected sha256:.*, got sha256:/,
  );
  const blobs = await store.list();
  assert.equal(
    (await Promise.all(blobs.map((digest) => store.size(digest)))).some((size) => (size ?? 0) > 1_000_000),
    false,
  );
  await using bloated = await pulls.proxy((request, response) => {
    if (!request.url?.includes('/manifests/')) return false;
    response.end(Buffer.alloc(5_000_000, ' '));
    return true;
  });
  await assert.rejects(
    pulls.pull(`${bloated.address}/team/test:1`),
    /manifests\/1 is larger than the limit of 4194304 bytes/,
  );
  const unwanted = pulls.pull(`${pulls.registry.address}/team/test:1`, {
    onProgress: ({ kind }) => {
      if (kind === 'resolved') throw new Error('too large');
    },
  });
  await assert.rejects(unwanted, { name: 'PullError', message: /too large/ });
});

test('failures say what and where', async () => {
  const closed = `127.0.0.1:${await freePort()}`;
  const cases: [name: string, options: Partial<PullRequest>, message: RegExp, code: string][] = [
    [
      `${pulls.registry.address}/team/test:2`,
      {},
      /failed to pull "127.*\/team\/test:2": 127.*\/v2\/team\/test\/manifests\/2: not found/,
      'not-found',
    ],
    [`${pulls.registry.address}/no/such:1`, {}, /not found/, 'not-found'],
    [`${closed}/a:1`, {}, new RegExp(`${closed}: connection refused`), 'unavailable'],
    [
      `${pulls.locked.address}/team/test:1`,
      {},
      /unauthorized: authentication required, no credentials/,
      'unauthorized',
    ],
    [
      `${pulls.locked.address}/team/test:1`,
      { auth: { username: 'user', password: 'no' } },
      /unauthorized/,
      'unauthorized',
    ],
    [`${pulls.registry.address}/team/test@sha256:${'0'.repeat(64)}`, {}, /not found/, 'not-found'],
  ];
  for (const [name, options, message, code] of cases) {
    await assert.rejects(pulls.pull(name, options), { name: 'PullError', message, code }, name);
  }
});

test('an aborted pull stops at once and leaves only what can be resumed', async () => {
  await using slow = await pulls.proxy((request, response) => {
    if (!request.url?.includes('/blobs/')) return false;
    const digest = request.url.split('/').at(-1)?.slice(7) ?? '';
    void readFile(join(pulls.layout, 'blobs/sha256', digest)).then((content) => {
      if (content.length < 1_000_000) return response.end(content);
      response.writeHead(200, { 'content-length': content.length });
      response.write(content.subarray(0, 100_000));
    });
    return true;
  });
  const store = await pulls.newStore();
  const controller = new AbortController();
  const pulling = pulls.pull(`${slow.address}/team/test:1`, {
    store,
    signal: controller.signal,
    onProgress: (event) => {
      if (event.kind === 'downloading' && event.received >= 100_000) controller.abort(new Error('enough'));
    },
  });
  await assert.rejects(pulling, /enough/);
  const [partial, ...others] = await readdir(join(store.dir, 'ingest'));
  assert.equal(others.length, 0);
  assert.match(partial ?? '', /^sha256-/);
  await truncate(join(store.dir, 'ingest', partial ?? ''), 50_000);
  await pulls.pull(`${pulls.registry.address}/team/test:1`, { store });
});
