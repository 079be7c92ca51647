import { type ContentStore, maxDocumentSize } from '../content-store.ts';
import type { Descriptor } from '../descriptor.ts';
import { type Digest, DigestMismatchError, digestAlgorithm, digestOf, isDigest } from '../digest.ts';
import { assembleArtifact, assembleImage, type Image } from '../image.ts';
import { choosePlatform, type ImageIndex, type ImageManifest, parseManifest } from '../manifest.ts';
import { manifestAccept } from '../media-types.ts';
import type { Platform } from '../platform.ts';
import type { Reference } from '../reference.ts';
import type { RepositoryClient } from './client.ts';
import { RegistryError } from './errors.ts';
import { bodyError } from './http.ts';
import { readBody } from './read-body.ts';
import type { RepositoryHosts } from './repository-hosts.ts';
import { withRetries } from './retry.ts';

/** An index may name an index; more levels than this are a loop or an attack. */
const maxIndexDepth = 3;

/** An image as a registry has it, its documents stored and its layers still to fetch. */
export interface ResolvedImage extends Image {
  /** What the tag stood for: the digest of the index, or of the manifest where there is no index. */
  digest: Digest;
  /** Host, with scheme, that served the manifest. */
  source: string;
}

/** Finds the image that a reference means for a platform, and stores its manifest, index and configuration. */
export async function resolveImage(
  hosts: RepositoryHosts,
  reference: Reference,
  platform: Platform,
  store: ContentStore,
  signal: AbortSignal | undefined,
): Promise<ResolvedImage> {
  const wanted = reference.digest ?? reference.tag ?? 'latest';
  const capability = reference.digest ? 'pull' : 'resolve';
  return hosts.firstThat(capability, signal, async (client) => {
    const top = await fetchManifest(client, wanted, undefined, store, signal);
    let current = top;
    for (let depth = 0; current.document.kind === 'index'; depth++) {
      if (depth === maxIndexDepth)
        throw new RegistryError('invalid-content', 'image indexes are nested too deep');
      const chosen = choosePlatform(current.document, platform);
      current = await fetchManifest(client, chosen.digest, chosen, store, signal);
    }
    const source = client.host.url.origin;
    if (current.document.artifactType !== undefined) {
      return { ...assembleArtifact(current.document, current.digest), digest: top.digest, source };
    }
    const descriptor = current.document.config;
    const config = await fetchDocument(client, `blobs/${descriptor.digest}`, descriptor, store, signal);
    return {
      ...assembleImage(current.document, current.digest, config.content),
      digest: top.digest,
      source,
    };
  });
}

async function fetchManifest(
  client: RepositoryClient,
  wanted: string,
  descriptor: Descriptor | undefined,
  store: ContentStore,
  signal: AbortSignal | undefined,
): Promise<{ digest: Digest; document: ImageManifest | ImageIndex }> {
  const expected = descriptor ?? (isDigest(wanted) ? { digest: wanted } : undefined);
  const { content, digest, contentType } = await fetchDocument(
    client,
    `manifests/${wanted}`,
    expected,
    store,
    signal,
  );
  return { digest, document: parseManifest(content, descriptor?.mediaType || contentType) };
}

/**
 * A small document, from the store when it is named by digest and there, else from the registry into the store.
 * Digest and size must be those of the descriptor that named it.
 */
async function fetchDocument(
  client: RepositoryClient,
  path: string,
  expected: (Pick<Descriptor, 'digest'> & Partial<Descriptor>) | undefined,
  store: ContentStore,
  signal: AbortSignal | undefined,
): Promise<{ content: Buffer; digest: Digest; contentType: string | undefined }> {
  if (expected && (await store.has(expected.digest))) {
    const content = checkSize(await store.read(expected.digest), expected.size, path);
    return { content, digest: expected.digest, contentType: undefined };
  }
  if (expected?.size !== undefined && expected.size > maxDocumentSize) {
    throw new RegistryError(
      'invalid-content',
      `${path} of ${expected.size} bytes; the limit is ${maxDocumentSize}`,
    );
  }
  const { content, headers } = await withRetries(signal, async () => {
    const response = await client.get(path, { accept: manifestAccept }, signal);
    try {
      return { content: await readBody(response, maxDocumentSize, path), headers: response.headers };
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

function checkSize(content: Buffer, expected: number | undefined, path: string): Buffer {
  if (expected !== undefined && content.length !== expected) {
    throw new RegistryError(
      'invalid-content',
      `${path} has ${content.length} bytes, but its descriptor says ${expected}`,
    );
  }
  return content;
}
