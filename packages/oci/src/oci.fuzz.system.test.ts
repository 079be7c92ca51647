// Made-up layers, documents and answers of registries: each is taken or refused with an error that says why, in
// time, and nothing is written outside of a layer. BERTH_FUZZ_SECONDS=600 runs each test that long.
import assert from 'node:assert/strict';
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { MalformedDocumentError } from '@berth/common/json/cursor.ts';
import { fuzz } from '@berth/test-support/fuzz.ts';
import { parseDigest } from './image-spec/digest.ts';
import { assembleImage } from './image-spec/image.ts';
import { choosePlatform, NoMatchingPlatformError, parseManifest } from './image-spec/manifest.ts';
import { mediaTypes } from './image-spec/media-types.ts';
import { littleMemory } from './layers/decompress.ts';
import { extractLayer } from './layers/extract.ts';
import { LayerError } from './layers/layer-error.ts';
import { parseReference } from './reference/reference.ts';
import { parseChallenges } from './registry/auth/challenge.ts';
import { parseHostsFile } from './registry/hosts/hosts-toml.ts';
import { retryAfter } from './registry/http/retry.ts';
import { type TarEntry, TarError } from './tar/entry.ts';
import { encodeTar } from './tar/writer.ts';

const digest = `sha256:${'a'.repeat(64)}`;

/** Errors whose messages are written for people; anything else is a slip. */
function isRefusal(error: unknown): boolean {
  return (
    error instanceof TarError ||
    error instanceof LayerError ||
    error instanceof MalformedDocumentError ||
    error instanceof NoMatchingPlatformError ||
    (error instanceof Error && error.constructor === Error) ||
    (error instanceof Error &&
      ['DigestMismatchError', 'TomlError', 'InvalidReferenceError'].includes(error.name)) ||
    // zlib says what is wrong with compressed data.
    (error instanceof Error && 'code' in error && /^(Z_|ZSTD_)/.test(String(error.code)))
  );
}

const long = 'long/'.repeat(60);
const layers: TarEntry[][] = [
  [
    { type: 'directory', path: 'a', mode: 0o755 },
    { type: 'file', path: 'a/b', content: 'text', xattrs: new Map([['user.x', Buffer.from('1')]]) },
    { type: 'symlink', path: 'a/link', target: '../..' },
    { type: 'file', path: 'a/link/escape', content: 'x' },
  ],
  [
    { type: 'symlink', path: 'out', target: '/tmp' },
    { type: 'hardlink', path: 'hard', target: 'a/../../etc/passwd' },
    { type: 'hardlink', path: 'hard2', target: 'a/b' },
    { type: 'file', path: '../outside', content: 'x' },
  ],
  [
    { type: 'directory', path: 'd' },
    { type: 'file', path: 'd/.wh.gone', content: '' },
    { type: 'file', path: 'd/.wh..wh..opq', content: '' },
    { type: 'fifo', path: 'd/fifo' },
    { type: 'character-device', path: 'd/null', major: 1, minor: 3 },
  ],
  [
    { type: 'file', path: `${long}name`, content: 'deep', mtime: 1.5, uid: 3_000_000, gid: 1 },
    { type: 'symlink', path: 'd', target: '.' },
    { type: 'file', path: 'd/x', content: Buffer.alloc(1500, 'x') },
  ],
];
const tars = layers.map((entries) => Buffer.concat([...encodeTar(entries)]));

test('layers stay inside and are refused by name', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'oci-fuzz-'));
  try {
    const blob = join(dir, 'blob');
    const directory = join(dir, 'deep/layer');
    mkdirSync(join(dir, 'deep'));
    const limits = { maxBytes: 200_000, maxFiles: 300 };
    const check = async (content: Buffer) => {
      writeFileSync(blob, content);
      mkdirSync(directory);
      const started = performance.now();
      const diffId = parseDigest(digest);
      await extractLayer({ blob, diffId, directory, limits, memory: littleMemory }).catch((error) =>
        assert(isRefusal(error) || isFileSystemRefusal(error), error),
      );
      assert(performance.now() - started < 5000, 'it took too long');
      assert.deepEqual(readdirSync(dir).sort(), ['blob', 'deep']);
      assert.deepEqual(readdirSync(join(dir, 'deep')), ['layer']);
      assert(lstatSync(directory).isDirectory());
      rmSync(directory, { recursive: true });
    };
    await fuzz(tars, check);
    await fuzz(
      tars.map((tar) => gzipSync(tar)),
      check,
    );
    await fuzz(
      tars.map((tar) => zstdCompressSync(tar)),
      check,
    );
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

/** The kernel may refuse a name, a number or an attribute; the error has the entry in it. */
function isFileSystemRefusal(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^E[A-Z]+$/.test(String(error.code));
}

const descriptor = { mediaType: mediaTypes.ociConfig, digest, size: 2 };
const documents = [
  {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: descriptor,
    layers: [{ mediaType: `${mediaTypes.ociLayer}+gzip`, digest, size: 10, annotations: { a: 'b' } }],
  },
  {
    schemaVersion: 2,
    mediaType: mediaTypes.ociIndex,
    manifests: [
      { ...descriptor, mediaType: mediaTypes.ociManifest, platform: { os: 'linux', architecture: 'amd64' } },
      { ...descriptor, platform: { os: 'linux', architecture: 'arm', variant: 'v7' } },
    ],
  },
  {
    architecture: 'amd64',
    os: 'linux',
    config: { Env: ['A=b'], ExposedPorts: { '80/tcp': {} }, Labels: { a: 'b' }, User: '0' },
    rootfs: { type: 'layers', diff_ids: [digest] },
  },
].map((document) => Buffer.from(JSON.stringify(document)));

test('documents are read whole or refused by field', async () => {
  const manifest = parseManifest(documents[0] ?? Buffer.alloc(0));
  assert(manifest.kind === 'manifest');
  await fuzz(documents, (input) => {
    refusing(() => {
      const document = parseManifest(input, mediaTypes.ociIndex);
      if (document.kind === 'index') choosePlatform(document, { os: 'linux', architecture: 'arm64' });
    });
    refusing(() => assembleImage(manifest, parseDigest(digest), input));
  });
});

const headers = [
  'Bearer realm="https://a.example/token",service="s",scope="repository:a/b:pull,push",error="x"',
  'Negotiate, Basic realm="\\"x\\"", Digest a=b, c="d',
  '120',
  'Thu, 01 Jan 2026 00:00:10 GMT',
  'bytes 0-10/20',
  'docker.io/library/nginx:1@sha256:00',
  'localhost:5000/a/b__c/d-e.f:tag',
  'server = "https://a"\n[host."https://b:5/v2"]\ncapabilities = ["pull"]\nheader = { x = ["1", "2"] }\ndial_timeout = "1m2s"',
].map((text) => Buffer.from(text));

test('headers, references and hosts files are read in time, whatever is in them', async () => {
  await fuzz(headers, (input) => {
    const text = input.toString('latin1');
    const started = performance.now();
    parseChallenges(text);
    parseChallenges(text.repeat(50).slice(0, 16_384));
    retryAfter(text, 0);
    refusing(() => parseReference(text));
    refusing(() => parseHostsFile(text, 'docker.io', '/certs.d', () => {}));
    assert(performance.now() - started < 2000, 'it took too long');
  });
});

function refusing(read: () => unknown): void {
  try {
    read();
  } catch (error) {
    if (!isRefusal(error)) throw error;
  }
}
