// Tags, archives and clean-ups over HTTP, on a store of its own.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, lstatSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { routes } from '@berth/http/routes.ts';
import { getXattr } from '@berth/linux/files/xattr.ts';
import type { TarEntry } from '@berth/oci/tar/entry.ts';
import { until } from '@berth/test-support/until.ts';
import { call, type TestImageStore, TestImages } from '../testing/test-images.ts';
import { leftoversKeptFor } from './gc.ts';
import { importImages } from './import.ts';
import { imageRoutes } from './own-routes.ts';
import { pruneImages } from './prune.ts';

let images: TestImages;
before(async () => {
  images = await TestImages.start();
  const below: TarEntry[] = [
    { type: 'directory', path: 'kept', mode: 0o755, uid: 7 },
    { type: 'file', path: 'kept/setuid', content: 'x'.repeat(3000), mode: 0o4755, gid: 9, mtime: 1000 },
    { type: 'hardlink', path: 'kept/link', target: 'kept/setuid' },
    { type: 'directory', path: 'gone' },
    { type: 'file', path: 'gone/file', content: 'gone' },
    { type: 'file', path: 'removed', content: 'removed' },
  ];
  const above: TarEntry[] = [
    { type: 'file', path: '.wh.removed', content: '' },
    { type: 'directory', path: 'gone' },
    { type: 'file', path: 'gone/.wh..wh..opq', content: '' },
    { type: 'symlink', path: 'away', target: '/../../etc/passwd' },
    { type: 'file', path: `${'long/'.repeat(40)}name`, content: '' },
  ];
  await images.push('marks', [below, above], '12:13');
});
after(() => images[Symbol.asyncDispose]());

/** The store's routes on a port, and a call of them. */
async function serve(store: TestImageStore) {
  const server = createServer(routes(imageRoutes(store.service))).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert(address !== null && typeof address === 'object');
  const send = async (path: string, body?: object, method = body === undefined ? 'GET' : 'POST') => {
    const response = await fetch(`http://127.0.0.1:${address.port}${path}`, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: Buffer.from(await response.arrayBuffer()) };
  };
  return {
    send,
    [Symbol.dispose]: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

test('an image gets names and loses them, also across a restart', async () => {
  const store = await images.open();
  const id = await store.pull('one:1');
  const two = await store.pull('two:1');
  using http = await serve(store);
  const tagged = await http.send('/images/tag', { image: id.slice(7, 17), name: 'mine' });
  assert.deepEqual(JSON.parse(tagged.body.toString()), { id, name: 'docker.io/library/mine:latest' });
  assert.equal((await store.service.rootfs('mine'))?.id, id);
  await http.send('/images/tag', { image: two, name: 'mine' });
  const again = await images.open(store.root);
  assert.equal((await again.service.rootfs('mine:latest'))?.id, two);
  using second = await serve(again);
  const untagged = await second.send('/images/untag', { name: 'mine' });
  assert.deepEqual(JSON.parse(untagged.body.toString()), { id: two, name: 'docker.io/library/mine:latest' });
  assert.equal(await again.service.rootfs('mine'), undefined);
  const problems: [path: string, body: object, status: number, text: RegExp][] = [
    ['/images/tag', { image: 'none', name: 'x' }, 404, /^no such image: none\n$/],
    ['/images/tag', { image: id, name: 'X' }, 400, /invalid image reference.*lower case/],
    ['/images/tag', { image: id, name: `x@sha256:${'0'.repeat(64)}` }, 400, /digest/],
    ['/images/tag', { image: id }, 400, /request\.name: expected a string/],
    ['/images/tag', { image: id, name: 'x', more: 1 }, 400, /request\.more: unknown field/],
    ['/images/tag', { image: id, name: 'x'.repeat(70_000) }, 400, /larger than/],
    ['/images/untag', { name: 'mine' }, 404, /no such image: mine/],
    ['/images/untag', { name: `${images.registry.address}/one:1` }, 409, /is the last name of its image/],
  ];
  for (const [path, body, status, text] of problems) {
    const answer = await second.send(path, body);
    assert.match(answer.body.toString(), text);
    assert.equal(answer.status, status);
  }
  assert.equal((await second.send('/images/tag')).status, 405);
});

for (const format of ['oci-archive', 'docker-archive']) {
  test(`images go through an ${format} and come back with every file as it was`, async () => {
    const store = await images.open();
    const id = await store.pull('marks:1');
    await store.pull('one:1');
    using http = await serve(store);
    const name = `${images.registry.address}/marks:1`;
    await http.send('/images/tag', { image: id, name: 'marks:other' });
    const query = `image=${name}&image=${images.registry.address}/one:1&format=${format}`;
    const { status, body } = await http.send(`/images/export?${query}`);
    assert.equal(status, 200, body.toString('latin1').slice(0, 200));
    const file = join(images.dir, `${format}.tar`);
    writeFileSync(file, body);
    assert.match(execFileSync('tar', ['-tf', file], { encoding: 'utf8' }), /index\.json|manifest\.json/);
    const other = await images.open();
    const imported = await importImages(other.service, file, undefined, call.signal);
    assert.deepEqual(
      imported.map(({ names }) => names),
      [[name], [`${images.registry.address}/one:1`]],
    );
    const [above = '', below = ''] = (await other.service.rootfs(name))?.lowerDirs ?? [];
    const setuid = lstatSync(join(below, 'kept/setuid'));
    assert.deepEqual(
      [setuid.mode & 0o7777, setuid.gid, setuid.nlink, setuid.mtimeMs, setuid.size],
      [0o4755, 9, 2, 1_000_000, 3000],
    );
    assert.equal(lstatSync(join(below, 'kept')).uid, 7);
    const whiteout = lstatSync(join(above, 'removed'));
    assert.deepEqual([whiteout.isCharacterDevice(), whiteout.rdev], [true, 0]);
    assert.equal(getXattr(join(above, 'gone'), 'trusted.overlay.opaque')?.toString(), 'y');
    assert.deepEqual(readdirSync(join(above, 'gone')), []);
    assert(lstatSync(join(above, 'away')).isSymbolicLink());
    assert(existsSync(join(above, 'long/'.repeat(40), 'name')));
    // What came of an archive comes out the same again, with the same id.
    const [first] = imported;
    using third = await serve(other);
    const twice = await third.send(`/images/export?${query}`);
    writeFileSync(file, twice.body);
    const last = await images.open();
    assert.equal((await importImages(last.service, file, undefined, call.signal))[0]?.id, first?.id);
  });
}

const skopeo = '/usr/bin/skopeo';
const missing = existsSync(skopeo) ? false : 'skopeo is not installed';
test('skopeo reads the archives', { skip: missing }, async () => {
  const store = await images.open();
  await store.pull('marks:1');
  using http = await serve(store);
  const name = `${images.registry.address}/marks:1`;
  for (const format of ['oci-archive', 'docker-archive']) {
    const file = join(images.dir, `skopeo-${format}.tar`);
    writeFileSync(file, (await http.send(`/images/export?image=${name}&format=${format}`)).body);
    const text = execFileSync(skopeo, ['inspect', '--config', `${format}:${file}:${name}`], {
      encoding: 'utf8',
    });
    const { config } = JSON.parse(text);
    assert.deepEqual([config.User, config.Cmd], ['12:13', ['/marks']]);
  }
});

test('an export says what is wrong, and a client that hangs up holds nothing', async () => {
  const store = await images.open();
  const id = await store.pull('one:1');
  using http = await serve(store);
  const problems: [query: string, status: number, text: RegExp][] = [
    ['', 400, /expected 1 to 1000 images/],
    ['image=none', 404, /no such image: none/],
    [`image=${id}&format=zip`, 400, /expected oci-archive or docker-archive/],
  ];
  for (const [query, status, text] of problems) {
    const answer = await http.send(`/images/export?${query}`);
    assert.equal(answer.status, status);
    assert.match(answer.body.toString(), text);
  }
  await store.remove(id);
  assert.deepEqual([store.layers(), store.blobs()], [[], []]);
});

test('a prune removes what no container needs, and what interrupted pulls left', async () => {
  const used: string[] = [];
  const store = await images.open(undefined, { pinned: ['*/two:1'] }, { used });
  const one = await store.pull('one:1');
  const two = await store.pull('two:1');
  const marks = await store.pull('marks:1');
  await assert.rejects(store.pull('evil:1'));
  const partial = join(store.root, 'images/content/ingest', `sha256-${'1'.repeat(64)}`);
  writeFileSync(partial, Buffer.alloc(100_000, 1));
  const usage = async () =>
    Number((await store.handlers.imageFsInfo({}, call)).imageFilesystems?.[0]?.usedBytes?.value);
  const before = await usage();
  used.push(one);
  // Another image takes its only tag: it dangles.
  using http = await serve(store);
  await http.send('/images/tag', { image: two, name: `${images.registry.address}/marks:1` });
  const pruned = JSON.parse((await http.send('/images/prune', {})).body.toString());
  assert.deepEqual(
    pruned.images.map((image: { id: string }) => image.id),
    [marks],
  );
  assert(pruned.freedBytes >= 100_000, JSON.stringify(pruned));
  assert.equal(await usage(), before - pruned.freedBytes);
  assert.deepEqual(store.ingests(), []);
  const all = await pruneImages(store.service, 'unused');
  assert.deepEqual(all, { images: [], freedBytes: 0 });
  used.length = 0;
  assert.deepEqual((await pruneImages(store.service, 'unused')).images, [
    { id: one, names: [`${images.registry.address}/one:1`] },
  ]);
  assert.deepEqual((await store.list()).length, 1);
});

test('what an interrupted pull left goes after an hour, and counts until then', async () => {
  const store = await images.open();
  const partial = join(store.root, 'images/content/ingest', `sha256-${'1'.repeat(64)}`);
  writeFileSync(partial, Buffer.alloc(50_000, 1));
  const almost = (Date.now() - leftoversKeptFor) / 1000 + 0.5;
  utimesSync(partial, almost, almost);
  await store.service.gate.run(async () => {});
  const { imageFilesystems } = await store.handlers.imageFsInfo({}, call);
  assert(Number(imageFilesystems?.[0]?.usedBytes?.value) >= 50_000);
  assert.equal(readFileSync(partial).length, 50_000);
  await until('the download is gone', () => !existsSync(partial));
  store.service.close();
});
