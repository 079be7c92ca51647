import assert from 'node:assert/strict';
import {
  cpSync,
  createReadStream,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { ContentStore } from '../content/store.ts';
import { type Digest, digestOf } from '../image-spec/digest.ts';
import { mediaTypes } from '../image-spec/media-types.ts';
import { hostPlatform } from '../image-spec/platform.ts';
import { formatReference } from '../reference/reference.ts';
import type { TarEntry } from '../tar/entry.ts';
import { encodeTar } from '../tar/writer.ts';
import { zstdFrame } from '../testing/zstd-frame.ts';
import { importArchive } from './import.ts';
import type { ImportedImage } from './imported-image.ts';
import { writeOciLayout } from './layout-writer.ts';

const dir = mkdtempSync(join(tmpdir(), 'oci-import-'));
after(() => rmSync(dir, { recursive: true }));

const layout = join(dir, 'layout');
let ids: Digest[] = [];

before(async () => {
  const hello = await writeOciLayout({
    dir: layout,
    name: 'localhost/hello:1',
    layers: [[{ type: 'file', path: 'hello', content: 'hello' }]],
    config: { Cmd: ['/hello'] },
  });
  const other = await writeOciLayout({
    dir: layout,
    name: 'localhost/other:2',
    layers: [[{ type: 'file', path: 'other', content: 'other' }]],
    config: {},
    compression: 'zstd',
  });
  ids = [hello.id, other.id];
});

let stores = 0;
const newStore = () => ContentStore.open(join(dir, `store-${stores++}`));
const names = (images: ImportedImage[]) => images.map(({ references }) => references.map(formatReference));

/** The layout as a tar; `change` may leave out or change files. */
function layoutTar(
  change: (path: string, content: Buffer) => Buffer | undefined = (_, content) => content,
  from = layout,
): Buffer {
  const entries = readdirSync(from, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .flatMap((entry): TarEntry[] => {
      const path = join(entry.parentPath, entry.name).slice(from.length + 1);
      const content = change(path, readFileSync(join(from, path)));
      return content ? [{ type: 'file', path: `./${path}`, content }] : [];
    });
  return Buffer.concat([...encodeTar(entries)]);
}

function write(name: string, content: Buffer): string {
  writeFileSync(join(dir, name), content);
  return join(dir, name);
}

test('a layout is imported from a directory, a tar, a compressed tar and a stream', async () => {
  const tar = layoutTar();
  const tarPath = write('layout.tar', tar);
  for (const archive of [layout, tarPath, write('layout.tar.gz', gzipSync(tar)), createReadStream(tarPath)]) {
    const store = await newStore();
    const images = await importArchive({ archive, store });
    assert.deepEqual(names(images), [['localhost/hello:1'], ['localhost/other:2']]);
    assert.deepEqual(
      images.map(({ configDigest }) => configDigest),
      ids,
    );
    assert.deepEqual(images[0]?.config.config.Cmd, ['/hello']);
    assert.equal((await store.list()).length, 6);
    assert.deepEqual(readdirSync(join(store.dir, 'ingest')), []);
    for (const { layers } of images) for (const { descriptor } of layers) await store.read(descriptor.digest);
  }
});

const config = (layers: Buffer[]) =>
  Buffer.from(
    JSON.stringify({
      os: 'linux',
      architecture: 'amd64',
      rootfs: { type: 'layers', diff_ids: layers.map((it) => digestOf(it)) },
    }),
  );

test('a docker-archive is imported with all its names', async () => {
  const plain = Buffer.concat([...encodeTar([{ type: 'file', path: 'a', content: 'a' }])]);
  const shared = Buffer.concat([...encodeTar([{ type: 'file', path: 'b', content: 'b' }])]);
  const entries: TarEntry[] = [
    { type: 'file', path: 'config.json', content: config([plain, shared]) },
    { type: 'file', path: '1/layer.tar', content: plain },
    { type: 'file', path: '1/VERSION', content: '1.0' },
    { type: 'symlink', path: '2/layer.tar', target: '../3/layer.tar' },
    { type: 'file', path: '3/layer.tar', content: shared },
    {
      type: 'file',
      path: 'manifest.json',
      content: JSON.stringify([
        {
          Config: 'config.json',
          RepoTags: ['hello:1', 'localhost:5000/hello:2'],
          Layers: ['1/layer.tar', '2/layer.tar'],
        },
      ]),
    },
  ];
  const store = await newStore();
  const [image] = await importArchive({
    archive: write('docker.tar', Buffer.concat([...encodeTar(entries)])),
    store,
  });
  assert(image);
  assert.deepEqual(names([image]), [['docker.io/library/hello:1', 'localhost:5000/hello:2']]);
  assert.deepEqual(
    image.layers.map(({ diffId }) => diffId),
    [digestOf(plain), digestOf(shared)],
  );
  assert.deepEqual(await store.read(image.layers[1]?.descriptor.digest ?? image.digest), shared);
  const images = await importArchive({ archive: join(dir, 'docker.tar'), store, names: ['renamed'] });
  assert.deepEqual(names(images), [['docker.io/library/renamed:latest']]);
  // Two layers, configuration and manifest; VERSION and manifest.json are not kept.
  assert.equal((await store.list()).length, 4);
});

test('bad archives are told apart, and leave nothing', async () => {
  const [hello = ''] = ids;
  const without = (part: string) => layoutTar((path, content) => (path.includes(part) ? undefined : content));
  const cases: [archive: string, message: RegExp][] = [
    [join(dir, 'none.tar'), /none\.tar: no such file/],
    [write('empty.tar', Buffer.alloc(0)), /empty\.tar: not an image archive: it is empty/],
    [write('text.tar', Buffer.from('x'.repeat(1000))), /text\.tar: not a tar archive/],
    [write('cut.tar', layoutTar().subarray(0, 1000)), /cut\.tar: tar archive is truncated/],
    [
      write('files.tar', Buffer.concat([...encodeTar([{ type: 'file', path: 'a', content: 'a' }])])),
      /neither index\.json nor manifest\.json/,
    ],
    [
      write('config.tar', without(hello.slice(7))),
      new RegExp(`config\\.tar: image config ${hello} is missing`),
    ],
    [
      write(
        'index.tar',
        layoutTar((path, content) => (path === 'index.json' ? Buffer.from('{') : content)),
      ),
      /index\.json: not JSON/,
    ],
    [
      write(
        'blob.tar',
        layoutTar((path, content) => (path.includes(hello.slice(7)) ? Buffer.from('{}') : content)),
      ),
      /blob\.tar: digest mismatch of blobs\/sha256\/.*: expected sha256:.*, got/,
    ],
    [
      write(
        'large.tar',
        layoutTar((path, content) => (path === 'index.json' ? Buffer.alloc(4_194_305, ' ') : content)),
      ),
      /large\.tar: sha256:.* is no manifest or image config: 4194305 bytes; the limit is 4194304/,
    ],
    [
      write(
        'docker-missing.tar',
        Buffer.concat([
          ...encodeTar([
            { type: 'file', path: 'manifest.json', content: '[{"Config":"c.json","Layers":[]}]' },
          ]),
        ]),
      ),
      /"c\.json", which manifest\.json names, is missing/,
    ],
  ];
  for (const [archive, message] of cases) {
    const store = await newStore();
    await assert.rejects(importArchive({ archive, store }), { name: 'ArchiveError', message }, archive);
    assert.deepEqual(await store.list(), [], archive);
    assert.deepEqual(readdirSync(join(store.dir, 'ingest')), [], archive);
  }
  const partial = join(dir, 'partial');
  cpSync(layout, partial, { recursive: true });
  rmSync(join(partial, 'blobs/sha256', hello.slice(7)));
  const store = await newStore();
  const large = join(dir, 'large');
  cpSync(layout, large, { recursive: true });
  writeFileSync(join(large, 'index.json'), Buffer.alloc(4_194_305, ' '));
  await assert.rejects(importArchive({ archive: large, store }), {
    name: 'ArchiveError',
    message: /large\/index\.json: not a file of at most 4194304 bytes/,
  });
  await assert.rejects(
    importArchive({ archive: partial, store }),
    /partial: image config sha256:.* is missing/,
  );
  assert.deepEqual(readdirSync(join(store.dir, 'ingest')), []);
  await assert.rejects(
    importArchive({ archive: layout, store, names: ['one'] }),
    /names are given, but it has 2 images/,
  );
  await assert.rejects(
    importArchive({ archive: layout, store, platform: { os: 'linux', architecture: 's390x' } }),
    /no match for platform linux\/s390x/,
  );
  assert.deepEqual(await store.list(), []);
});

test('an archive that the store has parts of does not take them along when it fails', async () => {
  const store = await newStore();
  await importArchive({ archive: layout, store });
  const before = await store.list();
  const broken = layoutTar((path, content) => (path === 'index.json' ? Buffer.from('{}') : content));
  await assert.rejects(
    importArchive({ archive: write('broken.tar', broken), store }),
    /manifests: expected an array/,
  );
  assert.deepEqual(await store.list(), before);
});

test('a blob has the size that its descriptor tells', async () => {
  const wrong = join(dir, 'wrong-size');
  const { manifest } = await writeOciLayout({
    dir: wrong,
    name: 'localhost/wrong:1',
    layers: [[{ type: 'file', path: 'a', content: 'a' }]],
    config: {},
  });
  const blob = (digest: string) => join(wrong, 'blobs/sha256', digest.slice(7));
  const document = JSON.parse(readFileSync(blob(manifest.digest), 'utf8'));
  document.layers[0].size = 7;
  const changed = JSON.stringify(document);
  const digest = digestOf(changed);
  writeFileSync(blob(digest), changed);
  const index = readFileSync(join(wrong, 'index.json'), 'utf8');
  writeFileSync(
    join(wrong, 'index.json'),
    index
      .replace(manifest.digest, digest)
      .replace(`"size":${manifest.size}`, `"size":${Buffer.byteLength(changed)}`),
  );
  for (const archive of [wrong, write('wrong-size.tar', layoutTar(undefined, wrong))]) {
    const store = await newStore();
    const message = /wrong-size(\.tar)?: blob sha256:.* has \d+ bytes, but its descriptor says 7$/;
    await assert.rejects(importArchive({ archive, store }), { name: 'ArchiveError', message }, archive);
    assert.deepEqual(await store.list(), [], archive);
  }
});

test('an archive that holds too much is left before it is stored', async () => {
  const tar = write('limited.tar', layoutTar());
  for (const archive of [layout, tar, createReadStream(tar)]) {
    const store = await newStore();
    await assert.rejects(importArchive({ archive, store, limit: { bytes: 1000, setting: 'image.max' } }), {
      name: 'ArchiveError',
      message: /^(.*layout|.*limited\.tar|image archive): more than 1000 bytes, the limit image\.max$/,
    });
    assert.deepEqual([await store.list(), readdirSync(join(store.dir, 'ingest'))], [[], []]);
  }
  const store = await newStore();
  const limit = { bytes: 100_000, setting: 'image.max' };
  assert.equal((await importArchive({ archive: layout, store, limit })).length, 2);
});

test('an archive that would take memory is refused', async () => {
  const tar = layoutTar();
  const store = await newStore();
  const window = write('window.tar.zst', zstdFrame(Buffer.from(tar), 27));
  await assert.rejects(
    importArchive({ archive: window, store }),
    /zstd window is larger than 2 \*\* 23 bytes/,
  );
  await importArchive({ archive: write('small.tar.zst', zstdFrame(Buffer.from(tar), 23)), store });
  const files = Array.from(
    { length: 3000 },
    (_, index): TarEntry => ({ type: 'directory', path: `${index}/${'x'.repeat(3900)}` }),
  );
  const names = write('names.tar', Buffer.concat([...encodeTar(files)]));
  await assert.rejects(importArchive({ archive: names, store }), /or their names are very long/);
  const headers = Buffer.concat([...encodeTar([{ type: 'directory', path: 'd/' }])]).subarray(0, 512);
  const many = write('many.tar', Buffer.concat(Array(1000).fill(headers)));
  const limit = { bytes: 100_000, setting: 'test' };
  await assert.rejects(
    importArchive({ archive: many, store, limit }),
    /more than 100000 bytes, the limit test/,
  );
  const layers = Array.from({ length: 300 }, () => 'l');
  const images = Array.from({ length: 100 }, () => ({ Config: 'c', Layers: layers }));
  const shared = Buffer.concat([
    ...encodeTar([
      { type: 'file', path: 'manifest.json', content: JSON.stringify(images) },
      { type: 'file', path: 'l', content: Buffer.alloc(1024) },
      {
        type: 'file',
        path: 'c',
        content: JSON.stringify({
          rootfs: { type: 'layers', diff_ids: layers.map(() => digestOf(Buffer.alloc(1024))) },
        }),
      },
    ]),
  ]);
  await assert.rejects(
    importArchive({ archive: write('shared.tar', shared), store }),
    /its images have more than 20000 layers/,
  );
});

test('ambiguous documents are refused wherever an archive has them (CVE-2021-41190)', async () => {
  const { ociManifest, ociIndex, dockerManifest, ociConfig } = mediaTypes;
  const files = new Map<string, string>();
  const add = (mediaType: string, document: object) => {
    const content = JSON.stringify(document);
    const digest = digestOf(content);
    files.set(`blobs/sha256/${digest.slice(7)}`, content);
    return { mediaType, digest, size: content.length };
  };
  const config = add(ociConfig, {
    ...hostPlatform(),
    rootfs: { type: 'layers', diff_ids: [] },
  });
  const image = { schemaVersion: 2, config, layers: [] };
  const index = (...manifests: object[]) => ({ schemaVersion: 2, manifests });
  const honest = add(ociManifest, image);
  const twice = JSON.stringify([{ Config: 'c', Layers: [], layers: [] }]);
  const archives: Record<string, string>[] = [
    { 'index.json': JSON.stringify({ ...index(honest), layers: [] }) },
    { 'index.json': JSON.stringify({ ...index(honest), config }) },
    { 'index.json': JSON.stringify({ ...index(honest), mediaType: ociManifest }) },
    { 'index.json': JSON.stringify({ ...index(honest), Manifests: [] }) },
    { 'index.json': JSON.stringify(index(honest)).replace(/}$/, ',"manifests":[]}') },
    { 'index.json': JSON.stringify(index(add(ociManifest, { ...image, manifests: [] }))) },
    { 'index.json': JSON.stringify(index(add(dockerManifest, { ...image, mediaType: ociManifest }))) },
    { 'index.json': JSON.stringify(index(add(ociIndex, { ...index(honest), mediaType: ociManifest }))) },
    { 'index.json': JSON.stringify(index(add(ociIndex, { ...index(honest), config }))) },
    { 'index.json': JSON.stringify(index(add(ociIndex, index(add(ociManifest, index(honest)))))) },
    { 'manifest.json': twice, c: '{}' },
    { 'manifest.json': twice.replace('layers', 'Layers'), c: '{}' },
  ];
  for (const archive of archives) {
    const store = await newStore();
    const entries = [...files, ...Object.entries(archive)].map(
      ([path, content]): TarEntry => ({ type: 'file', path, content }),
    );
    const request = { archive: write('ambiguous.tar', Buffer.concat([...encodeTar(entries)])), store };
    const what = JSON.stringify(archive);
    await assert.rejects(importArchive(request), { name: 'ArchiveError', message: /: ambiguous: / }, what);
    assert.deepEqual(await store.list(), [], what);
  }
});
