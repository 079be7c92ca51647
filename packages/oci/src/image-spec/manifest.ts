// Parses manifests and indexes, refuses ambiguous ones (CVE-2021-41190), and chooses the image for a platform.
import { JsonCursor, MalformedDocumentError } from '@berth/common/json/cursor.ts';
import { printable } from '@berth/common/printable.ts';
import { type Descriptor, parseDescriptor } from './descriptor.ts';
import { isEncrypted, isLayerType, mediaTypes } from './media-types.ts';
import { formatPlatform, type Platform, platformScore } from './platform.ts';

/** The manifest of an image for one platform: OCI or Docker's schema 2, which have the same members. */
export interface ImageManifest {
  kind: 'manifest';
  mediaType: string;
  config: Descriptor;
  /** Bottom layer first. */
  layers: Descriptor[];
  annotations: Record<string, string>;
  /** Set for an OCI artifact: its type, such as `application/vnd.example+type`. */
  artifactType?: string;
}

/** An image for several platforms: an OCI index or Docker's manifest list. */
export interface ImageIndex {
  kind: 'index';
  mediaType: string;
  manifests: Descriptor[];
  annotations: Record<string, string>;
}

/**
 * Parses a manifest or index of a registry or layout. Only the content determines its type (`mediaType`, or else the
 * members), so that a document has one type from the network and from the store. `carriers` are the media types of its
 * descriptor and of its response's Content-Type: a manifest type among them must be the document's (CVE-2021-41190).
 *
 * @throws MalformedDocumentError for a document that tools may read differently
 */
export function parseManifest(
  content: Buffer,
  ...carriers: readonly (string | undefined)[]
): ImageManifest | ImageIndex {
  const json = JsonCursor.parseUnambiguous(content, 'manifest');
  const type = typeOf(json);
  const isIndex = indexTypes.includes(type);
  if (!isIndex && !manifestTypes.includes(type)) {
    throw new MalformedDocumentError(
      type.includes('manifest.v1') || json.field('schemaVersion').value === 1
        ? 'manifest: Docker schema 1 is not supported; push the image again with a current tool'
        : `manifest.mediaType: ${printable(type, 200)} is not an image`,
    );
  }
  const sameKind = isIndex ? indexTypes : manifestTypes;
  const agreeing = json.field('mediaType').value ? [type] : sameKind;
  for (const carrier of carriers.map(knownType)) {
    if (carrier !== undefined && !agreeing.includes(carrier)) {
      throw json.error(`ambiguous: it is ${type}, but what names it or came with it says ${carrier}`);
    }
  }
  if (isIndex) return readIndex(json, type);
  refuseMembers(json, membersOfIndexes);
  const config = parseDescriptor(json.field('config'));
  const isArtifact = type === mediaTypes.ociManifest && !imageConfigTypes.includes(config.mediaType);
  const all = json.field('layers').optional((it) => it.array()) ?? [];
  const declaredType = json.field('artifactType').optional((it) => it.string());
  return {
    kind: 'manifest',
    mediaType: type,
    config,
    layers: isArtifact ? all.map(parseDescriptor) : fileSystemLayers(all),
    annotations: annotationsOf(json),
    ...(isArtifact && { artifactType: declaredType || config.mediaType }),
  };
}

/** Parses the index.json of an image layout; `name` is its name in errors. */
export function parseIndex(content: Buffer, name: string): ImageIndex {
  const json = JsonCursor.parseUnambiguous(content, name);
  const type = json.field('mediaType').optional((it) => it.string()) || mediaTypes.ociIndex;
  if (!indexTypes.includes(type)) throw json.field('mediaType').error(`ambiguous: ${printable(type, 200)}`);
  return readIndex(json, type);
}

function readIndex(json: JsonCursor, mediaType: string): ImageIndex {
  refuseMembers(json, membersOfManifests);
  const manifests = json.field('manifests').array().map(parseDescriptor);
  return { kind: 'index', mediaType, manifests, annotations: annotationsOf(json) };
}

function annotationsOf(json: JsonCursor): Record<string, string> {
  return json.field('annotations').optional((it) => it.stringMap()) ?? {};
}

function refuseMembers(json: JsonCursor, members: readonly string[]): void {
  const found = members.find((member) => json.field(member).isPresent);
  if (found !== undefined) {
    throw json.error(`ambiguous: it has ${found}, for which other tools may take it for something else`);
  }
}

const indexTypes: readonly string[] = [mediaTypes.ociIndex, mediaTypes.dockerManifestList];
const manifestTypes: readonly string[] = [mediaTypes.ociManifest, mediaTypes.dockerManifest];
/** Members that only manifests have: of OCI and Docker's schema 2, and of schema 1. */
const membersOfManifests = ['config', 'layers', 'fsLayers', 'history'];
/** Members that a manifest cannot have: those of indexes and of schema 1. */
const membersOfIndexes = ['manifests', 'fsLayers', 'history'];

/** The `mediaType` of a document, or else the type that its members imply. */
function typeOf(json: JsonCursor): string {
  const own = json.field('mediaType').optional((it) => it.string());
  if (own) return own;
  if (json.field('manifests').isPresent) return mediaTypes.ociIndex;
  if (json.field('layers').isPresent || json.field('config').isPresent) return mediaTypes.ociManifest;
  return 'a document of unknown type';
}

/** Media types of image configurations; early registries sent none. Any other type makes an OCI artifact. */
const imageConfigTypes: readonly string[] = [
  mediaTypes.ociConfig,
  mediaTypes.dockerConfig,
  'application/octet-stream',
  '',
];

function knownType(mediaType?: string): string | undefined {
  const bare = mediaType?.split(';')[0]?.trim().toLowerCase();
  return Object.values<string>(mediaTypes).find((known) => known === bare);
}

/**
 * The layers to unpack, as many as the configuration has diff ids. Ignores other entries, such as a description or a
 * signature, as other runtimes do.
 */
function fileSystemLayers(all: readonly JsonCursor[]): Descriptor[] {
  const descriptors = all.map((json) => ({ json, descriptor: parseDescriptor(json) }));
  const encrypted = descriptors.find(({ descriptor }) => isEncrypted(descriptor.mediaType));
  const layers = descriptors.filter(({ descriptor }) => isLayerType(descriptor.mediaType));
  const wrong = encrypted ?? (layers.length === 0 ? descriptors[0] : undefined);
  if (wrong) {
    throw wrong.json
      .field('mediaType')
      .error(`${printable(wrong.descriptor.mediaType, 200)} is not a file system layer`);
  }
  return layers.map(({ descriptor }) => descriptor);
}

/** The index has no image for this platform. */
export class NoMatchingPlatformError extends Error {
  override readonly name = 'NoMatchingPlatformError';
}

/**
 * Chooses the image of an index that matches `platform` best; of equal ones, the first. If none matches, chooses the
 * first entry without a platform: its configuration names the platform. Ignores entries that are not images
 * (attestations have `unknown/unknown`).
 */
export function choosePlatform(index: ImageIndex, platform: Platform): Descriptor {
  const images = index.manifests.filter(isImage);
  const [best] = images
    .map((descriptor) => ({
      descriptor,
      score: descriptor.platform ? platformScore(platform, descriptor.platform) : 0,
    }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score);
  if (best) return best.descriptor;
  const unnamed = images.find((image) => !image.platform);
  if (unnamed) return unnamed;
  const offered = images.flatMap((image) => (image.platform ? [formatPlatform(image.platform)] : []));
  throw new NoMatchingPlatformError(
    `no match for platform ${formatPlatform(platform)} in manifest; it offers ${offered.join(', ') || 'none'}`,
  );
}

function isImage({ mediaType }: Descriptor): boolean {
  return (
    mediaType === '' ||
    mediaType === mediaTypes.ociManifest ||
    mediaType === mediaTypes.dockerManifest ||
    mediaType === mediaTypes.ociIndex ||
    mediaType === mediaTypes.dockerManifestList
  );
}
