// Builds images from lists of files, for `berth up`'s demo image and for tests.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { makeDirectories } from '@berth/common/files/directories.ts';
import { replaceFile } from '@berth/common/files/replace-file.ts';
import { JsonCursor } from '@berth/common/json/cursor.ts';
import { type Descriptor, parseDescriptor } from '../image-spec/descriptor.ts';
import { type Digest, digestHex, digestOf, finishDigest } from '../image-spec/digest.ts';
import type { ExecutionParameters } from '../image-spec/image-config.ts';
import { type Compression, mediaTypes } from '../image-spec/media-types.ts';
import { hostPlatform, type Platform } from '../image-spec/platform.ts';
import type { TarEntry } from '../tar/entry.ts';
import { encodeTar } from '../tar/writer.ts';

/** What to write; see writeOciLayout. */
export interface LayoutImage {
  /** The layout's directory: created when absent, extended when it is a layout. */
  dir: string;
  /** Full name of the image, as `localhost/hello:1`; it replaces an image of the same name in the layout. */
  name: string;
  /** Bottom layer first. */
  layers: Iterable<TarEntry>[];
  /** The configuration of its containers. */
  config: ExecutionParameters;
  /** This machine's by default. */
  platform?: Platform;
  /** Annotations of the manifest. */
  annotations?: Record<string, string>;
  /** gzip by default. */
  compression?: Compression;
}

/**
 * Builds an image from file lists and writes it as an OCI image layout (image-layout.md), for `berth image load`,
 * skopeo, podman and others. The same input gives the same image.
 *
 * @returns the descriptor of the image's manifest, and the image id (the digest of its configuration).
 */
export async function writeOciLayout(image: LayoutImage): Promise<{ manifest: Descriptor; id: Digest }> {
  const { dir, name, config, platform = hostPlatform(), compression = 'gzip' } = image;
  await makeDirectories(join(dir, 'blobs/sha256'), 0o755);
  const layers = [];
  for (const entries of image.layers) layers.push(await writeLayer(dir, entries, compression));
  const configBlob = await writeBlob(
    dir,
    mediaTypes.ociConfig,
    JSON.stringify({
      created: '1970-01-01T00:00:00Z',
      ...platform,
      config: { ...config, ExposedPorts: asSet(config.ExposedPorts), Volumes: asSet(config.Volumes) },
      rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
    }),
  );
  const manifest = await writeBlob(
    dir,
    mediaTypes.ociManifest,
    JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      config: configBlob,
      layers: layers.map(({ descriptor }) => descriptor),
      annotations: image.annotations,
    }),
  );
  await addToIndex(dir, name, { ...manifest, platform });
  return { manifest, id: configBlob.digest };
}

async function writeLayer(dir: string, entries: Iterable<TarEntry>, compression: Compression) {
  const hash = createHash('sha256');
  const pieces = [];
  for (const piece of encodeTar(entries)) {
    hash.update(piece);
    pieces.push(piece);
  }
  const content = compress(Buffer.concat(pieces), compression);
  const mediaType = compression === 'none' ? mediaTypes.ociLayer : `${mediaTypes.ociLayer}+${compression}`;
  return { diffId: finishDigest(hash), descriptor: await writeBlob(dir, mediaType, content) };
}

function compress(content: Buffer, compression: Compression): Buffer {
  switch (compression) {
    case 'none':
      return content;
    case 'gzip':
      return gzipSync(content);
    case 'zstd':
      return zstdCompressSync(content);
  }
}

async function writeBlob(dir: string, mediaType: string, content: Buffer | string): Promise<Descriptor> {
  const digest = digestOf(content);
  await writeLayoutFile(join(dir, 'blobs/sha256', digestHex(digest)), content);
  return { mediaType, digest, size: Buffer.byteLength(content) };
}

async function addToIndex(dir: string, name: string, manifest: Descriptor): Promise<void> {
  const path = join(dir, 'index.json');
  const others = existsSync(path)
    ? JsonCursor.parse(await readFile(path), path)
        .field('manifests')
        .array()
        .map(parseDescriptor)
    : [];
  const annotations = { 'io.containerd.image.name': name, 'org.opencontainers.image.ref.name': name };
  const isSame = (other: Descriptor) => other.annotations?.['io.containerd.image.name'] === name;
  const manifests = [...others.filter((other) => !isSame(other)), { ...manifest, annotations }];
  await writeLayoutFile(join(dir, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  await writeLayoutFile(
    path,
    JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests }),
  );
}

/** Two processes may add to one layout at the same time, so each has a temporary file of its own. */
async function writeLayoutFile(path: string, content: Buffer | string): Promise<void> {
  await replaceFile(path, content, { mode: 0o666, temporary: `${path}.${process.pid}.tmp` });
}

function asSet(names: string[] | undefined): Record<string, object> | undefined {
  return names && Object.fromEntries(names.map((name) => [name, {}]));
}
