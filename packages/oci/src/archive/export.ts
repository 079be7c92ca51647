// Writes images as an archive: an OCI layout, or what `docker save` writes. Their layers are packed anew.
import { createHash } from 'node:crypto';
import { type Digest, digestHex, digestOf, finishDigest } from '../image-spec/digest.ts';
import { mediaTypes } from '../image-spec/media-types.ts';
import { parseExactJson } from '../json/exact.ts';
import { padding } from '../tar/entry.ts';
import { tarOfTree } from '../tar/tree.ts';
import { encodeHeader, endOfTar } from '../tar/writer.ts';

export const archiveFormats = ['oci-archive', 'docker-archive'] as const;
export type ArchiveFormat = (typeof archiveFormats)[number];

/** An unpacked image. */
export interface ExportedImage {
  /** Full names with tags. */
  readonly names: readonly string[];
  /** The configuration as its author wrote it. */
  readonly configText: string;
  /** Directories of its layers in the form of overlayfs, bottom first. */
  readonly layers: readonly string[];
}

interface PackedLayer {
  readonly directory: string;
  readonly digest: Digest;
  readonly size: number;
}

interface PackedImage {
  readonly names: readonly string[];
  readonly config: Buffer;
  readonly layers: readonly PackedLayer[];
}

/**
 * The pieces of a tar with the images. Each layer is read twice, to know its size and digest first, so that nothing is
 * written to the disk. The layers' tars are not those that the author packed: where a digest differs, the image's
 * configuration has the new one, and with it the image another id.
 *
 * @param onMeasured called when all layers were read once, before the first piece
 * @throws when a layer changes while it is read
 */
export async function* exportArchive(
  images: readonly ExportedImage[],
  format: ArchiveFormat,
  { signal, onMeasured = () => {} }: { signal: AbortSignal; onMeasured?: () => void },
): AsyncGenerator<Buffer> {
  const measured = new Map<string, PackedLayer>();
  const packed: PackedImage[] = [];
  for (const { names, configText, layers } of images) {
    for (const directory of layers) {
      if (!measured.has(directory)) measured.set(directory, await measure(directory, signal));
    }
    const own = layers.flatMap((directory) => measured.get(directory) ?? []);
    packed.push({ names, layers: own, config: Buffer.from(configOf(configText, own)) });
  }
  onMeasured();
  yield* format === 'oci-archive' ? ociArchive(packed, signal) : dockerArchive(packed, signal);
  yield endOfTar();
}

async function* ociArchive(images: readonly PackedImage[], signal: AbortSignal): AsyncGenerator<Buffer> {
  const blob = (digest: Digest) => `blobs/sha256/${digestHex(digest)}`;
  const written = new Set<Digest>();
  const manifests: object[] = [];
  yield* small('oci-layout', JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  for (const { names, config, layers } of images) {
    for (const layer of layers) {
      if (!written.has(layer.digest)) yield* layerEntry(blob(layer.digest), layer, signal);
      written.add(layer.digest);
    }
    const manifest = JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      config: { mediaType: mediaTypes.ociConfig, digest: digestOf(config), size: config.length },
      layers: layers.map(({ digest, size }) => ({ mediaType: mediaTypes.ociLayer, digest, size })),
    });
    for (const document of [config, manifest]) {
      const digest = digestOf(document);
      if (!written.has(digest)) yield* small(blob(digest), document);
      written.add(digest);
    }
    const descriptor = {
      mediaType: mediaTypes.ociManifest,
      digest: digestOf(manifest),
      size: Buffer.byteLength(manifest),
    };
    if (names.length === 0) manifests.push(descriptor);
    for (const name of names) {
      const annotations = {
        'io.containerd.image.name': name,
        'org.opencontainers.image.ref.name': name,
      };
      manifests.push({ ...descriptor, annotations });
    }
  }
  yield* small('index.json', JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests }));
}

async function* dockerArchive(images: readonly PackedImage[], signal: AbortSignal): AsyncGenerator<Buffer> {
  const written = new Set<string>();
  const manifest: object[] = [];
  for (const { names, config, layers } of images) {
    const tars = layers.map((layer) => ({ layer, path: `${digestHex(layer.digest)}.tar` }));
    for (const { layer, path } of tars) {
      if (!written.has(path)) yield* layerEntry(path, layer, signal);
      written.add(path);
    }
    const configPath = `${digestHex(digestOf(config))}.json`;
    if (!written.has(configPath)) yield* small(configPath, config);
    written.add(configPath);
    manifest.push({ Config: configPath, RepoTags: names, Layers: tars.map(({ path }) => path) });
  }
  yield* small('manifest.json', JSON.stringify(manifest));
}

/** The configuration with the digests of the layers as they are packed; as its author wrote it where these are the same. */
function configOf(text: string, layers: readonly PackedLayer[]): string {
  const config = parseExactJson(text) as { rootfs?: { diff_ids?: unknown } };
  const diffIds = layers.map(({ digest }) => digest);
  if (JSON.stringify(config.rootfs?.diff_ids ?? []) === JSON.stringify(diffIds)) return text;
  return JSON.stringify({ ...config, rootfs: { type: 'layers', diff_ids: diffIds } });
}

async function measure(directory: string, signal: AbortSignal): Promise<PackedLayer> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const piece of packLayer(directory)) {
    signal.throwIfAborted();
    hash.update(piece);
    size += piece.length;
  }
  return { directory, digest: finishDigest(hash), size };
}

/** A layer as an entry of the archive. Throws when it is not what was measured. */
async function* layerEntry(
  path: string,
  { directory, digest, size }: PackedLayer,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  yield* encodeHeader({ type: 'file', path, content: '' }, size);
  const hash = createHash('sha256');
  for await (const piece of packLayer(directory)) {
    signal.throwIfAborted();
    hash.update(piece);
    yield piece;
  }
  if (finishDigest(hash) !== digest) throw new Error(`layer ${directory} changed while it was read`);
  yield Buffer.alloc(padding(size));
}

async function* packLayer(directory: string): AsyncGenerator<Buffer> {
  yield* tarOfTree(directory, { form: 'layer' });
  yield endOfTar();
}

/** An entry whose content is in memory, without the end of the archive. */
function* small(path: string, content: Buffer | string): Generator<Buffer> {
  yield* encodeHeader({ type: 'file', path, content }, Buffer.byteLength(content));
  yield Buffer.from(content);
  yield Buffer.alloc(padding(Buffer.byteLength(content)));
}
