import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  ImageStatusRequest,
  ListImagesRequest,
  PullImageRequest,
  RemoveImageRequest,
} from '@berth/cri/generated/api.ts';
import { mount, unmount } from '@berth/linux/mount.ts';
import { writeOciLayout } from '@berth/oci/layout-writer.ts';
import type { TarEntry } from '@berth/oci/tar/entry.ts';
import { startRegistry, type TestRegistry } from '@berth/oci/testing/registry.ts';
import { createLogger } from '../log.ts';
import { openDatabase } from '../state/database.ts';
import { imageHandlers } from './handlers.ts';
import { imageHttp } from './import.ts';
import { ImageService } from './service.ts';

const dir = mkdtempSync(join(tmpdir(), 'runtime-image-'));
let registry: TestRegistry;
const layout = join(dir, 'layout');
const call = { signal: new AbortController().signal };

before(async () => {
  registry = await startRegistry();
  const base: TarEntry[] = [
    { type: 'directory', path: 'etc', mode: 0o700 },
    { type: 'file', path: 'etc/base', content: 'base' },
  ];
  const images: [name: string, layers: TarEntry[][], user: string][] = [
    ['one', [base, [{ type: 'file', path: 'etc/one', content: 'one' }]], '1000:5'],
    ['two', [base, [{ type: 'file', path: 'two', content: 'two' }]], 'nobody'],
    ['evil', [base, [{ type: 'file', path: '../evil', content: 'evil' }]], ''],
    ['scratch', [], ''],
  ];
  for (const [name, layers, User] of images) {
    await writeOciLayout({ dir: layout, name, layers, config: { User, Cmd: [`/${name}`] } });
    await registry.push(layout, name, name, '1');
  }
  await registry.push(layout, 'one', 'one', '2');
});

after(async () => {
  await registry.stop();
  rmSync(dir, { recursive: true });
});

let roots = 0;

interface Store {
  service: ImageService;
  used: string[];
  root: string;
  handlers: Required<
    Pick<
      ReturnType<typeof imageHandlers>,
      'pullImage' | 'listImages' | 'imageStatus' | 'removeImage' | 'imageFsInfo'
    >
  >;
  pull(name: string): Promise<string>;
  remove(name: string): Promise<unknown>;
  list(): Promise<string[][]>;
  layers(): string[];
  blobs(): string[];
  ingests(): string[];
}

async function open(root = join(dir, `root-${roots++}`), maxBytes = 1_000_000): Promise<Store> {
  mkdirSync(join(root, 'containers'), { recursive: true });
  const used: string[] = [];
  const service = await ImageService.open({
    root,
    database: openDatabase(join(root, 'berth.db')),
    hostsDir: join(dir, 'certs.d'),
    limits: { maxBytes, maxFiles: 1000 },
    usedImages: () => used,
    log: createLogger('error', () => {}),
  });
  const { pullImage, listImages, imageStatus, removeImage, imageFsInfo } = imageHandlers(
    service,
    join(root, 'containers'),
  );
  assert(pullImage && listImages && imageStatus && removeImage && imageFsInfo);
  const image = (name: string) => ({ image: { image: name } });
  return {
    service,
    used,
    root,
    handlers: { pullImage, listImages, imageStatus, removeImage, imageFsInfo },
    pull: async (name) =>
      (await pullImage(PullImageRequest.fromPartial(image(`${registry.address}/${name}`)), call)).imageRef ??
      '',
    remove: (name) => removeImage(RemoveImageRequest.fromPartial(image(name)), call),
    list: async () =>
      ((await listImages(ListImagesRequest.fromPartial({}), call)).images ?? []).map(({ repoTags }) =>
        [...(repoTags ?? [])].map((tag) => tag.slice(registry.address.length + 1)),
      ),
    layers: () => readdirSync(join(root, 'images/layers')).sort(),
    blobs: () => readdirSync(join(root, 'images/content/blobs/sha256')),
    ingests: () => readdirSync(join(root, 'images/content/ingest')),
  };
}

test('an image is pulled, told of, and removed without a trace', async () => {
  const store = await open();
  const id = await store.pull('one:1');
  assert.deepEqual(await store.list(), [['one:1']]);
  const { image, info } = await store.handlers.imageStatus(
    ImageStatusRequest.fromPartial({ image: { image: `${registry.address}/one:1` }, verbose: true }),
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
  const again = await open(store.root);
  assert.equal((await again.service.rootfs(`${registry.address}/one:1`))?.id, id);
  const fresh = await open(store.root);
  await fresh.remove(id);
  await fresh.remove(id);
  assert.deepEqual([await fresh.list(), fresh.layers(), fresh.blobs(), fresh.ingests()], [[], [], [], []]);
  const missing = await fresh.handlers.imageStatus(
    ImageStatusRequest.fromPartial({ image: { image: id } }),
    call,
  );
  assert.equal(missing.image, undefined);
});

test('images share layers, and go with all of their names', async () => {
  const store = await open();
  await Promise.all(['one:1', 'two:1', 'one:2', 'one:1'].map((name) => store.pull(name)));
  assert.deepEqual((await store.list()).sort(), [['one:1', 'one:2'], ['two:1']]);
  assert.equal(store.layers().length, 3);
  await store.remove(`${registry.address}/one:1`);
  assert.deepEqual(await store.list(), [['two:1']]);
  assert.equal(store.layers().length, 2);
});

test('a container keeps the layers of an image that was removed', async () => {
  const store = await open();
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
  const store = await open();
  const id = await store.pull('one:1');
  await store.service.rootfs(id);
  await store.remove(id);
  assert.equal(store.layers().length, 2);
  await store.pull('one:1');
  assert.deepEqual(await store.list(), [['one:1']]);
  assert.equal(store.layers().length, 2);
});

test('an image without layers has an empty root', async () => {
  const store = await open();
  const [lower = ''] = (await store.service.rootfs(await store.pull('scratch:1')))?.lowerDirs ?? [];
  assert.deepEqual(readdirSync(lower), []);
});

test('a pull that fails says why and leaves nothing half done', async () => {
  const store = await open();
  const cases: [name: string, message: RegExp, code: string][] = [
    ['none:1', /failed to pull ".*\/none:1": .*not found/, 'NOT_FOUND'],
    ['evil:1', /failed to pull ".*\/evil:1": layer sha256:.*: "\.\.\/evil" leaves the layer/, 'UNKNOWN'],
    ['Evil:1', /image\.image: invalid image reference .*lower case/, 'INVALID_ARGUMENT'],
  ];
  for (const [name, message, criCode] of cases)
    await assert.rejects(store.pull(name), { message, criCode }, name);
  assert.deepEqual([await store.list(), store.blobs(), store.ingests()], [[], [], []]);
  // The layer that was good stays for a day, for the next try.
  assert.equal(store.layers().filter((name) => name.endsWith('.partial')).length, 0);
  const small = await open(undefined, 2000);
  await assert.rejects(small.pull('one:1'), /the limit maxBytes of a layer/);
  assert.deepEqual([small.layers(), small.blobs()], [[], []]);
});

test('a full disk is told of, and nothing is left on it', async () => {
  const files: [name: string, content: Buffer][] = [
    ['dense', randomBytes(3_000_000)],
    ['zeros', Buffer.alloc(3_000_000)],
    ['more-zeros', Buffer.alloc(30_000_000)],
  ];
  for (const [name, content] of files) {
    await writeOciLayout({
      dir: layout,
      name,
      layers: [[{ type: 'file', path: name, content }]],
      config: {},
    });
    await registry.push(layout, name, name, '1');
  }
  const root = join(dir, 'full');
  mkdirSync(join(root, 'images'), { recursive: true });
  mount({ source: 'tmpfs', target: join(root, 'images'), fstype: 'tmpfs', data: 'size=2m' });
  try {
    const store = await open(root, 1_000_000_000);
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

test('a start removes what a dead berthd left', async () => {
  const store = await open();
  const id = await store.pull('one:1');
  const dirOf = (...names: string[]) => join(store.root, 'images', ...names);
  mkdirSync(dirOf('layers/77.partial/a'), { recursive: true });
  mkdirSync(dirOf('layers/78'));
  const [layer] = store.service.state.layers();
  assert(layer);
  const unfinished = store.service.state.beginLayer(id as typeof layer.chainId);
  mkdirSync(dirOf(`layers/${unfinished}.partial`));
  writeFileSync(dirOf('content/blobs/sha256', '0'.repeat(64)), 'unreferenced');
  writeFileSync(dirOf('content/ingest', 'spool-1'), '');
  writeFileSync(dirOf('content/ingest', `sha256-${'1'.repeat(64)}`), 'resumable');
  writeFileSync(dirOf('content/ingest', `sha256-${'2'.repeat(64)}`), 'old');
  utimesSync(dirOf('content/ingest', `sha256-${'2'.repeat(64)}`), 0, 0);
  const next = await open(store.root);
  assert.equal(next.layers().length, 2);
  assert.equal(next.blobs().length, 2);
  assert.deepEqual(next.ingests(), [`sha256-${'1'.repeat(64)}`]);
  assert.equal((await next.service.rootfs(id))?.lowerDirs.length, 2);
});

test('archives are imported over HTTP, by path and as a stream', async () => {
  const store = await open();
  const server = createServer(imageHttp(store.service)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert(address !== null && typeof address === 'object');
  const good = join(dir, 'good');
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
      ['not a tar', 'application/x-tar', /image archive: .*truncated/],
      [{ path: layout }, 'application/json', /"\.\.\/evil" leaves the layer/],
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
