import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { digestOf } from '../image-spec/digest.ts';
import type { TarEntry } from '../tar/entry.ts';
import { encodeTar } from '../tar/writer.ts';
import { oci, TestLayers } from '../testing/layers.ts';
import { zstdFrame } from '../testing/zstd-frame.ts';

const layers = new TestLayers();
after(() => layers[Symbol.dispose]());
const { unpack } = layers;

test('compressions are undone and the diff id is verified', async () => {
  const entries: TarEntry[] = [{ type: 'file', path: 'a', content: 'a'.repeat(100_000) }];
  const gzip = await unpack(entries, { compress: gzipSync, mediaType: `${oci}+gzip` });
  const zstd = await unpack(entries, { compress: zstdCompressSync, mediaType: `${oci}+zstd` });
  assert.equal(readFileSync(join(gzip, 'a'), 'utf8'), readFileSync(join(zstd, 'a'), 'utf8'));
  const wrong = digestOf('something else');
  await assert.rejects(
    unpack(entries, { diffId: wrong }),
    /layer sha256:.*: digest mismatch of the unpacked layer \(diff id\): expected/,
  );
  const damaged = (tar: Buffer) => gzipSync(tar).fill(0xff, 20, 40);
  await assert.rejects(unpack(entries, { compress: damaged }), /invalid|incorrect/);
  const cut = (tar: Buffer) => gzipSync(tar).subarray(0, 60);
  await assert.rejects(
    unpack(entries, { compress: cut, mediaType: `${oci}+gzip` }),
    /unexpected end of file/,
  );
});

test('the bytes decide how a layer is compressed, and not its media type', async () => {
  const entries: TarEntry[] = [{ type: 'file', path: 'a', content: 'a'.repeat(100_000) }];
  const docker = 'application/vnd.docker.image.rootfs';
  const skippable = Buffer.from('502a4d180400000000000000', 'hex');
  const halves = (compress: (part: Buffer) => Buffer) => (tar: Buffer) =>
    Buffer.concat([compress(tar.subarray(0, 700)), compress(tar.subarray(700))]);
  const compressions: [what: string, compress: (tar: Buffer) => Buffer][] = [
    ['none', (tar) => tar],
    ['gzip', (tar) => gzipSync(tar)],
    ['two members of gzip', halves((part) => gzipSync(part))],
    ['gzip and zeros', (tar) => Buffer.concat([gzipSync(tar), Buffer.alloc(1000)])],
    ['zstd', (tar) => zstdCompressSync(tar)],
    ['two frames of zstd', halves((part) => zstdCompressSync(part))],
    ['a skippable frame of zstd first', (tar) => Buffer.concat([skippable, zstdCompressSync(tar)])],
    ['a skippable frame of zstd last', (tar) => Buffer.concat([zstdCompressSync(tar), skippable])],
  ];
  const types = [
    oci,
    `${oci}+gzip`,
    `${oci}+zstd`,
    `${oci}+other`,
    `${docker}.diff.tar`,
    `${docker}.diff.tar.gzip`,
  ];
  types.push(`${docker}.foreign.diff.tar.gzip`, oci.replace('layer', 'layer.nondistributable'));
  for (const mediaType of types) {
    for (const [what, compress] of compressions) {
      const layer = await unpack(entries, { mediaType, compress });
      assert.equal(lstatSync(join(layer, 'a')).size, 100_000, `${mediaType} ${what}`);
    }
  }
  for (const mediaType of ['text/plain', '', `${oci}+gzip+encrypted`, 'application/vnd.erofs.layer.v1']) {
    await assert.rejects(unpack(entries, { mediaType }), /is not a file system layer/, mediaType);
  }
});

test('a layer may be empty', async () => {
  for (const mediaType of [oci, `${oci}+gzip`, `${oci}+zstd`]) {
    assert.deepEqual(readdirSync(await unpack(Buffer.alloc(0), { mediaType })), [], mediaType);
  }
  assert.deepEqual(readdirSync(await unpack(Buffer.alloc(0), { compress: gzipSync })), []);
});

test('limits are kept and named', async () => {
  const bomb = Buffer.concat([
    ...encodeTar([{ type: 'file', path: 'bomb', content: Buffer.alloc(50_000_000) }]),
  ]);
  const limits = { maxBytes: 1_000_000 };
  await assert.rejects(
    unpack(bomb, { limits, compress: gzipSync, mediaType: `${oci}+gzip` }),
    /unpacks to more than 1000000 bytes, the limit maxBytes of a layer/,
  );
  await assert.rejects(
    unpack(bomb, { limits, compress: zstdCompressSync, mediaType: `${oci}+zstd` }),
    /unpacks to more than 1000000 bytes, the limit maxBytes of a layer/,
  );
  const incompressible = randomBytes(5_000_000);
  await assert.rejects(
    unpack([{ type: 'file', path: 'big', content: incompressible }], { limits }),
    /the limit maxBytes/,
  );
  const many = Array.from({ length: 20 }, (_, index): TarEntry => ({ type: 'directory', path: `d${index}` }));
  await assert.rejects(
    unpack(many, { limits: { maxFiles: 19 } }),
    /more than 19 files, the limit maxFiles of a layer/,
  );
  const deep: TarEntry = { type: 'file', path: `${'d/'.repeat(19)}f`, content: '' };
  await assert.rejects(unpack([deep], { limits: { maxFiles: 19 } }), /the limit maxFiles of a layer/);
  const lower = await unpack([
    { type: 'file', path: 'a', content: Buffer.alloc(600_000) },
    { type: 'file', path: 'b', content: Buffer.alloc(600_000) },
  ]);
  const copies = ['a', 'b'].map((target): TarEntry => ({ type: 'hardlink', path: `copy-${target}`, target }));
  await unpack(copies.slice(1), { limits, parents: [lower] });
  await assert.rejects(
    unpack(copies, { limits, parents: [lower] }),
    /"copy-b" is a hard link whose copy takes the layer over the limit maxBytes/,
  );
});

test('a large layer, and a small one that unpacks to a large one, go to a thread', async () => {
  const content = randomBytes(5_000_000);
  const large = await unpack([{ type: 'file', path: 'large', content }]);
  assert.deepEqual(readFileSync(join(large, 'large')), content);
  const zeros = await unpack([{ type: 'file', path: 'zeros', content: Buffer.alloc(20_000_000) }], {
    compress: gzipSync,
    mediaType: `${oci}+gzip`,
  });
  assert.equal(lstatSync(join(zeros, 'zeros')).size, 20_000_000);
  await assert.rejects(
    unpack([
      { type: 'file', path: 'big', content },
      { type: 'file', path: '../x', content: '' },
    ]),
    /leaves the layer/,
  );
  await assert.rejects(
    unpack([{ type: 'file', path: 'big', content }], { diffId: digestOf('no') }),
    /digest mismatch/,
  );
});

test('a zstd frame gets a window of 128 MiB, and no larger one', async () => {
  const entries: TarEntry[] = [{ type: 'file', path: 'a', content: 'a' }];
  for (const windowLog of [17, 23, 24, 27]) {
    const compress = (tar: Buffer) => zstdFrame(Buffer.from(tar), windowLog);
    const layer = await unpack(entries, { compress, mediaType: `${oci}+zstd` });
    assert.equal(readFileSync(join(layer, 'a'), 'utf8'), 'a');
  }
  for (const windowLog of [28, 30, 41]) {
    const compress = (tar: Buffer) => zstdFrame(Buffer.from(tar), windowLog);
    await assert.rejects(unpack(entries, { compress, mediaType: `${oci}+zstd` }), /too much memory/);
  }
});

test('an aborted unpack stops and leaves nothing', async () => {
  const entries = Array.from(
    { length: 900 },
    (_, index): TarEntry => ({ type: 'file', path: `f${index}`, content: Buffer.alloc(60_000) }),
  );
  const controller = new AbortController();
  setTimeout(() => controller.abort(new Error('enough')), 5);
  await assert.rejects(unpack(entries, { signal: controller.signal }), /enough/);
  assert.equal(existsSync(`${layers.lastTarget}.partial`), false);
  const parents = Promise.reject<string[]>(new Error('the layer below failed'));
  parents.catch(() => {});
  await assert.rejects(unpack(entries, { parents }), /the layer below failed/);
});
