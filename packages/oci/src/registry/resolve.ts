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

/** An index may name an index; more levels than this are a loop or an attack. */
const maxIndexDepth = 3;

/** An image as a registry has it, its documents stored and its layers still to fetch. */
export interface ResolvedImage extends Image {
  /** What the tag stood for: the digest of the index, or of the manifest where there is no index. */
  digest: Digest;
  /** Host, with scheme, that served the manifest. */
  source: string;
}

/** What resolving takes. */
export interface Resolution {
  reference: Reference;
  platform: Platform;
  store: ContentStore;
  /** Whether the repository has served the manifest of this digest before. */
  isKnown: (digest: Digest) => boolean;
  /** Held until the image is not needed any more. */
  budget: DocumentBudget;
  signal: AbortSignal | undefined;
}

/**
 * Finds the image that a reference means for a platform, and stores its manifest, index and configuration. The
 * registry is asked for the manifest each time, so that nobody gets an image by knowing its digest alone: with the
 * credentials of this request it has to give what its repository has, and another repository has to prove that it
 * has the documents by sending them.
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

/** Whether a manifest with a configuration of unknown type may be that of an image all the same: its layers are. */
function mayBeImage({ layers, config }: ImageManifest): boolean {
  return (
    layers.length > 0 &&
    layers.every(({ mediaType }) => isLayerType(mediaType)) &&
    config.size <= maxDocumentSize
  );
}

/** The image of a manifest with a configuration of unknown type; undefined where that is no image's. */
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

/** An image whose index names no platform for it tells by its configuration, where that has both parts. */
function checkPlatform({ config: { os, architecture, variant } }: Image, platform: Platform): void {
  if (os === '' || architecture === '') return;
  const offered = { os, architecture, ...(variant && { variant }) };
  if (platformScore(platform, offered) > 0) return;
  throw new NoMatchingPlatformError(
    `no match for platform ${formatPlatform(platform)} in manifest; it offers ${formatPlatform(offered)}`,
  );
}

/** The document that the reference names. One that the repository is known to have is asked for by HEAD. */
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

/** Undefined from a registry that knows no HEAD. */
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

/** A document that the one above it describes: from the store where that may be trusted to be the repository's. */
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
 * A small document from the registry, which then is in the store. Digest and size must be those of the descriptor
 * that named it.
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
