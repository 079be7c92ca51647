// Finds the image of a reference for this platform: index, manifest, configuration. pull.ts downloads its layers.
import type { IncomingHttpHeaders } from 'node:http';
import { type ContentStore, maxDocumentSize } from '../content/store.ts';
import type { Descriptor } from '../image-spec/descriptor.ts';
import {
  type Digest,
  DigestMismatchError,
  digestAlgorithm,
  digestOf,
  isDigest,
} from '../image-spec/digest.ts';
import { assembleArtifact, assembleImage, type Image } from '../image-spec/image.ts';
import {
  choosePlatform,
  type ImageIndex,
  type ImageManifest,
  NoMatchingPlatformError,
  parseManifest,
} from '../image-spec/manifest.ts';
import { isLayerType, manifestAccept } from '../image-spec/media-types.ts';
import { formatPlatform, type Platform, platformScore } from '../image-spec/platform.ts';
import type { Reference } from '../reference/reference.ts';
import type { RepositoryClient } from './client.ts';
import type { DocumentBudget } from './document-budget.ts';
import { RegistryError } from './http/errors.ts';
import { bodyError } from './http/http.ts';
import { readBody } from './http/read-body.ts';
import { withRetries } from './http/retry.ts';
import type { RepositoryHosts } from './repository-hosts.ts';

/** Maximum depth of nested indexes. */
const maxIndexDepth = 3;

/** An image of a registry: its documents are stored, its layers are still to be downloaded. */
export interface ResolvedImage extends Image {
  /** The digest of the tag: of the index, or else of the manifest. */
  digest: Digest;
  /** Host, with scheme, that served the manifest. */
  source: string;
}

/** The parameters of resolveImage. */
export interface Resolution {
  reference: Reference;
  platform: Platform;
  store: ContentStore;
  /** Whether the repository has served the manifest of this digest before. */
  isKnown: (digest: Digest) => boolean;
  /** The memory budget of the documents. */
  budget: DocumentBudget;
  signal: AbortSignal | undefined;
}

/**
 * Resolves a reference to the image for a platform, and stores its index, manifest and configuration. Requests the
 * manifest from the registry each time, so that knowing a digest does not give access to an image in the store: the
 * registry must return it with the credentials of this request, and a repository that has not served the documents
 * before must send them.
 */
export async function resolveImage(hosts: RepositoryHosts, resolution: Resolution): Promise<ResolvedImage> {
  const { reference, platform, isKnown, signal } = resolution;
  const capability = reference.digest ? 'pull' : 'resolve';
  return hosts.firstThat(capability, signal, async (client) => {
    const top = await fetchTop(client, resolution);
    const sources = { client, resolution, isStoreFirst: isKnown(top.digest) };
    let current = top;
    let isUnnamed = false;
    for (let depth = 0; current.document.kind === 'index'; depth++) {
      if (depth === maxIndexDepth)
        throw new RegistryError('invalid-content', 'image indexes are nested too deep');
      const chosen = choosePlatform(current.document, platform);
      isUnnamed = chosen.platform === undefined;
      const { content, digest, contentType } = await provideDocument(
        sources,
        `manifests/${chosen.digest}`,
        chosen,
      );
      current = { digest, document: parseManifest(content, chosen.mediaType, contentType) };
    }
    const about = { digest: top.digest, source: client.host.url.origin };
    const { document: manifest, digest } = current;
    const config = () => provideDocument(sources, `blobs/${manifest.config.digest}`, manifest.config);
    if (manifest.artifactType !== undefined) {
      const image = mayBeImage(manifest) ? imageOf(manifest, digest, (await config()).content) : undefined;
      return { ...(image ?? assembleArtifact(manifest, digest)), ...about };
    }
    const image = assembleImage(manifest, digest, (await config()).content);
    if (isUnnamed) checkPlatform(image, platform);
    return { ...image, ...about };
  });
}

/** Whether a manifest with a configuration of unknown type may be an image: all its layers have a layer type. */
function mayBeImage({ layers, config }: ImageManifest): boolean {
  return (
    layers.length > 0 &&
    layers.every(({ mediaType }) => isLayerType(mediaType)) &&
    config.size <= maxDocumentSize
  );
}

/** The image of a manifest with a configuration of unknown type; undefined when that is not an image configuration. */
function imageOf(
  { artifactType: _, ...manifest }: ImageManifest,
  digest: Digest,
  config: Buffer,
): Image | undefined {
  try {
    return assembleImage(manifest, digest, config);
  } catch {
    return undefined;
  }
}

/** Checks the platform in an image's configuration, if any, for an image whose index entry names no platform. */
function checkPlatform({ config: { os, architecture, variant } }: Image, platform: Platform): void {
  if (os === '' || architecture === '') return;
  const offered = { os, architecture, ...(variant && { variant }) };
  if (platformScore(platform, offered) > 0) return;
  throw new NoMatchingPlatformError(
    `no match for platform ${formatPlatform(platform)} in manifest; it offers ${formatPlatform(offered)}`,
  );
}

/** The document of a reference. Sends HEAD for one that the repository has served before. */
async function fetchTop(
  client: RepositoryClient,
  resolution: Resolution,
): Promise<{ digest: Digest; document: ImageManifest | ImageIndex }> {
  const { reference, store, isKnown, budget, signal } = resolution;
  const { digest, tag = 'latest' } = reference;
  const path = `manifests/${digest ?? tag}`;
  const content =
    digest !== undefined && isKnown(digest) ? await readStored(digest, store, budget) : undefined;
  if (digest !== undefined && content !== undefined) {
    const headers = await headOf(client, path, signal);
    if (headers !== undefined) {
      checkDigest(path, digest, headers['docker-content-digest']);
      return { digest, document: parseManifest(content, headers['content-type']) };
    }
  }
  const fetched = await fetchDocument(client, path, digest && { digest }, resolution);
  return { digest: fetched.digest, document: parseManifest(fetched.content, fetched.contentType) };
}

/** The response headers of a HEAD; undefined when the registry does not support HEAD. */
async function headOf(
  client: RepositoryClient,
  path: string,
  signal: AbortSignal | undefined,
): Promise<IncomingHttpHeaders | undefined> {
  try {
    return await withRetries(signal, () => client.head(path, { accept: manifestAccept }, signal));
  } catch (error) {
    if (error instanceof RegistryError && error.code === 'unavailable') return undefined;
    throw error;
  }
}

/** The document of a descriptor: from the store if the repository has served it before, or else from the registry. */
async function provideDocument(
  sources: { client: RepositoryClient; resolution: Resolution; isStoreFirst: boolean },
  path: string,
  expected: Descriptor,
): Promise<Document> {
  const { client, resolution, isStoreFirst } = sources;
  const { store, budget } = resolution;
  const stored = isStoreFirst ? await readStored(expected.digest, store, budget) : undefined;
  if (stored !== undefined) {
    const content = checkSize(stored, expected.size, path);
    return { content, digest: expected.digest, contentType: undefined };
  }
  return fetchDocument(client, path, expected, resolution);
}

async function readStored(
  digest: Digest,
  store: ContentStore,
  budget: DocumentBudget,
): Promise<Buffer | undefined> {
  const content = await store.readWhole(digest);
  if (content !== undefined) await budget.admit(content.length);
  return content;
}

interface Document {
  content: Buffer;
  digest: Digest;
  /** As the registry says. */
  contentType: string | undefined;
}

/**
 * Downloads a document into the store. Throws when its digest or size differs from its descriptor.
 */
async function fetchDocument(
  client: RepositoryClient,
  path: string,
  expected: (Pick<Descriptor, 'digest'> & Partial<Descriptor>) | undefined,
  { store, budget, signal }: Resolution,
): Promise<Document> {
  if (expected?.size !== undefined && expected.size > maxDocumentSize) {
    throw new RegistryError(
      'invalid-content',
      `${path} of ${expected.size} bytes; the limit is ${maxDocumentSize}`,
    );
  }
  const { content, headers } = await withRetries(signal, async () => {
    const response = await client.get(path, { accept: manifestAccept }, signal);
    try {
      const content = await readBody(response, maxDocumentSize, path, (bytes) => budget.admit(bytes));
      return { content, headers: response.headers };
    } catch (error) {
      throw bodyError(error, client.host.url);
    }
  });
  const claimed = headers['docker-content-digest'];
  const promised =
    expected?.digest ?? (typeof claimed === 'string' && isDigest(claimed) ? claimed : undefined);
  const actual = digestOf(content, promised ? digestAlgorithm(promised) : 'sha256');
  if (promised && promised !== actual) throw new DigestMismatchError(path, promised, actual);
  checkSize(content, expected?.size, path);
  await store.put(content, actual);
  return { content, digest: actual, contentType: headers['content-type'] };
}

function checkDigest(path: string, expected: Digest, claimed: string | string[] | undefined): void {
  if (typeof claimed === 'string' && isDigest(claimed) && claimed !== expected) {
    throw new DigestMismatchError(path, expected, claimed);
  }
}

function checkSize(content: Buffer, expected: number | undefined, path: string): Buffer {
  if (expected !== undefined && content.length !== expected) {
    throw new RegistryError(
      'invalid-content',
      `${path} has ${content.length} bytes, but its descriptor says ${expected}`,
    );
  }
  return content;
}
