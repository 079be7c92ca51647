// Reads an OCI image layout from a directory or tar: groups builds by name and chooses the one for the platform.
import type { ContentStore } from '../content/store.ts';
import type { Descriptor } from '../image-spec/descriptor.ts';
import type { Digest } from '../image-spec/digest.ts';
import { assembleImage } from '../image-spec/image.ts';
import { choosePlatform, type ImageIndex, parseIndex, parseManifest } from '../image-spec/manifest.ts';
import { mediaTypes } from '../image-spec/media-types.ts';
import type { Platform } from '../image-spec/platform.ts';
import { parseReference, type Reference } from '../reference/reference.ts';
import type { ImportedImage } from './imported-image.ts';
import { ArchiveError, type ArchiveSource } from './source.ts';

const maxIndexDepth = 3;

/** Reads the images of an OCI image layout: for each name the image for `platform`. */
export async function readOciLayout(
  source: ArchiveSource,
  store: ContentStore,
  platform: Platform,
): Promise<ImportedImage[]> {
  const content = (await source.document('index.json')) ?? Buffer.alloc(0);
  const entries = parseIndex(content, 'index.json').manifests;
  const images = new Map<Digest, ImportedImage>();
  for (const [name, builds] of byName(entries)) {
    const descriptor = choosePlatform(indexOf(builds), platform);
    const image = images.get(descriptor.digest) ?? (await readImage(source, store, descriptor, platform));
    const reference = parseName(name);
    if (reference) image.references.push(reference);
    images.set(descriptor.digest, image);
  }
  return [...images.values()];
}

/** Groups descriptors by name: those with one name are builds of one image, those without a name are separate images. */
function byName(entries: Descriptor[]): Map<string, Descriptor[]> {
  return Map.groupBy(
    entries,
    ({ annotations, digest }) =>
      annotations?.['io.containerd.image.name'] ??
      annotations?.['org.opencontainers.image.ref.name'] ??
      `@${digest}`,
  );
}

function indexOf(builds: Descriptor[]): ImageIndex {
  // A nested index is resolved by its own platforms.
  const [first] = builds;
  const isNested =
    first?.mediaType === mediaTypes.ociIndex || first?.mediaType === mediaTypes.dockerManifestList;
  const manifests = isNested ? [{ ...first, platform: undefined }] : builds;
  return {
    kind: 'index',
    mediaType: mediaTypes.ociIndex,
    annotations: {},
    manifests: manifests.map(({ platform, ...rest }) => (platform ? { ...rest, platform } : rest)),
  };
}

/** The image name in `ref.name`, which may also be a bare tag. */
function parseName(name: string): Reference | undefined {
  return name.startsWith('@') || !/[:/]/.test(name) ? undefined : parseReference(name);
}

async function readImage(
  source: ArchiveSource,
  store: ContentStore,
  top: Descriptor,
  platform: Platform,
): Promise<ImportedImage> {
  let descriptor = top;
  for (let depth = 0; depth <= maxIndexDepth; depth++) {
    await provide(source, descriptor, 'manifest');
    const document = parseManifest(await store.read(descriptor.digest), descriptor.mediaType);
    if (document.kind === 'index') {
      descriptor = choosePlatform(document, platform);
      continue;
    }
    await provide(source, document.config, 'image config');
    for (const layer of document.layers) await provide(source, layer, 'layer');
    const image = assembleImage(document, descriptor.digest, await store.read(document.config.digest));
    return { ...image, digest: top.digest, references: [] };
  }
  throw new ArchiveError(`${source.name}: image indexes are nested too deep`);
}

async function provide(source: ArchiveSource, blob: Descriptor, what: string): Promise<void> {
  if (!(await source.provideBlob(blob))) {
    throw new ArchiveError(`${source.name}: ${what} ${blob.digest} is missing`);
  }
}
