import type { ContentStore } from '../content-store.ts';
import { type Digest, DigestMismatchError, digestAlgorithm, digestOf, isDigest } from '../digest.ts';
import { assembleImage, type Image } from '../image.ts';
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

/** Bytes that a manifest or image configuration may have; the distribution spec asks for no more of a manifest. */
export const maxDocumentSize = 4 * 1024 * 1024;
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
      current = await fetchManifest(client, chosen.digest, chosen.mediaType, store, signal);
    }
    const { digest: configDigest, size } = current.document.config;
    if (size > maxDocumentSize) {
      throw new RegistryError(
        'invalid-content',
        `image config of ${size} bytes; the limit is ${maxDocumentSize}`,
      );
    }
    const config = await fetchDocument(client, `blobs/${configDigest}`, configDigest, store, signal);
    return {
      ...assembleImage(current.document, current.digest, config.content),
      digest: top.digest,
      source: client.host.url.origin,
    };
  });
}

async function fetchManifest(
  client: RepositoryClient,
  wanted: string,
  mediaType: string | undefined,
  store: ContentStore,
  signal: AbortSignal | undefined,
): Promise<{ digest: Digest; document: ImageManifest | ImageIndex }> {
  const expected = isDigest(wanted) ? wanted : undefined;
  const { content, digest, contentType } = await fetchDocument(
    client,
    `manifests/${wanted}`,
    expected,
    store,
    signal,
  );
  return { digest, document: parseManifest(content, mediaType || contentType) };
}

/** A small document, from the store when it is named by digest and there, else from the registry into the store. */
async function fetchDocument(
  client: RepositoryClient,
  path: string,
  expected: Digest | undefined,
  store: ContentStore,
  signal: AbortSignal | undefined,
): Promise<{ content: Buffer; digest: Digest; contentType: string | undefined }> {
  if (expected && (await store.has(expected))) {
    return { content: await store.read(expected), digest: expected, contentType: undefined };
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
  const promised = expected ?? (typeof claimed === 'string' && isDigest(claimed) ? claimed : undefined);
  const actual = digestOf(content, promised ? digestAlgorithm(promised) : 'sha256');
  if (promised && promised !== actual) throw new DigestMismatchError(path, promised, actual);
  await store.put(content, actual);
  return { content, digest: actual, contentType: headers['content-type'] };
}
