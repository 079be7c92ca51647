// Images of a few kilobytes that would have berthd take gigabytes. Its memory is measured from outside.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { makeDirectories } from '@berth/common/files/directories.ts';
import { type CriClient, connectCri } from '@berth/cri/client/client.ts';
import type { Descriptor } from '@berth/oci/image-spec/descriptor.ts';
import { digestHex, digestOf } from '@berth/oci/image-spec/digest.ts';
import { mediaTypes } from '@berth/oci/image-spec/media-types.ts';
import { hostPlatform } from '@berth/oci/image-spec/platform.ts';
import { zstdFrame } from '@berth/oci/testing/zstd-frame.ts';
import { layOutBerthd, startBerthd } from '@berth/test-support/berthd.ts';
import { startRegistry, type TestRegistry } from '@berth/test-support/image-registry.ts';
import { patience } from '@berth/test-support/machine-speed.ts';
import { scratchDir } from '@berth/test-support/scratch.ts';

const MiB = 1024 ** 2;
/** What an image may cost beyond idle. */
const allowance = 64 * MiB;

const disposals = new AsyncDisposableStack();
let dir = '';
let registry: TestRegistry;

before(async () => {
  dir = disposals.use(scratchDir('memory')).path;
  registry = await startRegistry();
  disposals.defer(() => registry.stop());
});
after(() => disposals.disposeAsync());

/** How a layer is compressed, and what that is called. */
interface Compression {
  suffix: 'gzip' | 'zstd';
  compress: (tar: Buffer<ArrayBuffer>) => Buffer;
}

/** Pushes an image whose layers are all the same blob: NAME:1, of some kilobytes. Returns its layout. */
async function pushBomb(
  name: string,
  tar: Buffer<ArrayBuffer>,
  { suffix, compress }: Compression,
  layers = 500,
): Promise<string> {
  const layout = join(dir, name);
  await makeDirectories(join(layout, 'blobs/sha256'), 0o755);
  const add = (mediaType: string, content: Buffer, annotations?: Record<string, string>): Descriptor => {
    const digest = digestOf(content);
    writeFileSync(join(layout, 'blobs/sha256', digestHex(digest)), content);
    return { mediaType, digest, size: content.length, ...(annotations && { annotations }) };
  };
  const json = (value: object) => Buffer.from(JSON.stringify(value));
  const layer = add(`${mediaTypes.ociLayer}+${suffix}`, compress(tar));
  const diff_ids = Array.from({ length: layers }, () => digestOf(tar));
  const config = add(
    mediaTypes.ociConfig,
    json({ ...hostPlatform(), config: {}, rootfs: { type: 'layers', diff_ids } }),
  );
  const manifest = json({
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config,
    layers: diff_ids.map(() => layer),
  });
  const top = add(mediaTypes.ociManifest, manifest, { 'org.opencontainers.image.ref.name': name });
  writeFileSync(join(layout, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [top] }));
  await registry.push(layout, name, name, '1');
  return layout;
}

/** What a berthd that has just started takes at most while `run` runs, beyond what it took before. */
async function peakOf(run: (client: CriClient, socket: string) => Promise<unknown>): Promise<number> {
  using scratch = scratchDir('memory');
  const paths = layOutBerthd(scratch.path, {});
  await using berthd = await startBerthd(paths, scratch.path);
  const memory = (field: 'VmRSS' | 'VmHWM') => {
    const status = readFileSync(`/proc/${berthd.pid}/status`, 'utf8');
    return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) * 1024;
  };
  const client = connectCri(paths.socket, { timeoutMs: patience(120_000) });
  try {
    const idle = memory('VmRSS');
    writeFileSync(`/proc/${berthd.pid}/clear_refs`, '5');
    await run(client, paths.socket);
    return memory('VmHWM') - idle;
  } finally {
    client.close();
  }
}

/** What follows the end of an archive costs no disk, only memory. */
const zeros = Buffer.alloc(3 * MiB);
const bombs: [what: string, tar: Buffer<ArrayBuffer>, compression: Compression][] = [
  ['zstd-window-128m', zeros, { suffix: 'zstd', compress: (tar) => zstdFrame(tar, 27) }],
  ['zstd-window-8m', zeros, { suffix: 'zstd', compress: (tar) => zstdFrame(tar, 23) }],
  ['gzip', zeros, { suffix: 'gzip', compress: (tar) => gzipSync(tar) }],
];

for (const [what, tar, compression] of bombs) {
  test(`an image of 500 small layers costs berthd at most 64 MiB: ${what}`, async () => {
    await pushBomb(what, tar, compression);
    const image = { image: `${registry.address}/${what}:1` };
    const peak = await peakOf((client) => client.image.pullImage({ image }));
    assert.ok(peak <= allowance, `${(peak / MiB).toFixed(1)} MiB`);
  });
}

test('many imports of such images at once cost berthd at most 64 MiB', async () => {
  const compress = (tar: Buffer<ArrayBuffer>) => zstdFrame(tar, 23);
  const layout = await pushBomb('import', zeros, { suffix: 'zstd', compress }, 100);
  const peak = await peakOf(async (_, socketPath) => {
    const statuses = await Promise.all(
      Array.from({ length: 12 }, (_, index) => importLayout(socketPath, layout, `localhost/bomb:${index}`)),
    );
    assert.deepEqual(new Set(statuses), new Set([200]));
  });
  assert.ok(peak <= allowance, `${(peak / MiB).toFixed(1)} MiB`);
});

/** What `berth image load` asks berthd for; resolves with the status of the answer. */
async function importLayout(socketPath: string, path: string, name: string): Promise<number | undefined> {
  const sent = request({ socketPath, path: '/images/import', method: 'POST' });
  sent.end(JSON.stringify({ path, names: [name] }));
  const [response] = await once(sent, 'response');
  response.resume();
  return response.statusCode;
}

test('pulls of images with megabytes of manifest and configuration at once cost berthd at most three times one', async () => {
  const many = Object.fromEntries(Array.from({ length: 150_000 }, (_, index) => [`k${index}`, '']));
  const config = Buffer.from(
    JSON.stringify({ config: { Labels: many }, rootfs: { type: 'layers', diff_ids: [] } }),
  );
  const descriptor = { mediaType: mediaTypes.ociConfig, digest: digestOf(config), size: config.length };
  const manifest = JSON.stringify({ annotations: many, config: descriptor, layers: [] });
  await using server = await serve((path) => (path.includes('/manifests/') ? manifest : config));
  const pullAll = (count: number) =>
    peakOf((client) =>
      Promise.all(
        Array.from({ length: count }, (_, index) =>
          client.image.pullImage({ image: { image: `${server.address}/large${index}:1` } }),
        ),
      ),
    );
  const one = await pullAll(1);
  const ten = await pullAll(10);
  assert.ok(ten <= 3 * one, `${(one / MiB).toFixed(1)} and ${(ten / MiB).toFixed(1)} MiB`);
});

/** A registry that answers what `content` says of a path. */
async function serve(
  content: (path: string) => string | Buffer,
): Promise<{ address: string } & AsyncDisposable> {
  const server = createServer((from, to) => to.end(content(from.url ?? '')));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  return {
    address: `127.0.0.1:${address.port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
