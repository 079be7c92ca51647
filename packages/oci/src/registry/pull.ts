// The public entry point of a pull: resolves the reference, then downloads layers in parallel.
import type { ContentStore } from '../content/store.ts';
import type { Digest } from '../image-spec/digest.ts';
import type { ImageLayer } from '../image-spec/image.ts';
import { hostPlatform, type Platform } from '../image-spec/platform.ts';
import { formatReference, type Reference } from '../reference/reference.ts';
import type { AuthSource } from './auth/credentials.ts';
import { TokenCache } from './auth/token-cache.ts';
import { DocumentBudget } from './document-budget.ts';
import { fetchBlob } from './fetch-blob.ts';
import type { Warn } from './hosts/hosts-toml.ts';
import { HttpClient, type Timeouts } from './http/http.ts';
import { PullError } from './pull-error.ts';
import { RepositoryHosts } from './repository-hosts.ts';
import { type ResolvedImage, resolveImage } from './resolve.ts';

/** Number of layers to download concurrently. */
const parallelLayers = 3;

/** The parameters of a pull. */
export interface PullRequest {
  reference: Reference;
  /** This machine's by default. */
  platform?: Platform;
  auth?: AuthSource;
  /** Tokens of earlier pulls. */
  tokens?: TokenCache;
  /** The certs.d directory with mirrors and certificates. */
  hostsDir?: string;
  store: ContentStore;
  /** Whether the reference's repository has served the manifest of this digest before; see resolveImage. */
  isKnown?: (digest: Digest) => boolean;
  signal?: AbortSignal;
  /** Timeouts other than the defaults. */
  timeouts?: Partial<Timeouts>;
  /** Logs what is ignored in the host configuration. */
  warn?: Warn;
  /** Called for each event. When it throws, the pull fails: reject a `resolved` image before its download. */
  onProgress?: (event: PullProgress) => void;
  /** Whether a layer is unpacked already and need not be downloaded. */
  hasLayer?: (layer: ImageLayer) => boolean;
  /**
   * Called for each layer when its blob is in the store, in order of completion, so that unpacking overlaps with other
   * downloads. The pull resolves after these promises. The signal is aborted when the pull is, or another layer fails.
   */
  onLayer?: (layer: ImageLayer, signal: AbortSignal) => Promise<void>;
}

/** The events of a pull. */
export type PullProgress =
  | { kind: 'resolved'; image: ResolvedImage }
  /** Its blob is in the store already. */
  | { kind: 'present'; layer: ImageLayer }
  /** See PullRequest.hasLayer. */
  | { kind: 'unneeded'; layer: ImageLayer }
  | { kind: 'downloading'; layer: ImageLayer; received: number }
  | { kind: 'downloaded'; layer: ImageLayer };

/** A pulled image; its documents, and the layers that were needed, are in the store. */
export interface PulledImage extends ResolvedImage {
  reference: Reference;
}

/**
 * Pulls an image from a registry or its mirrors into a content store.
 *
 * @throws PullError whose message starts with `failed to pull "REFERENCE": `; the signal's reason when aborted
 *
 * @example
 * import { ContentStore } from '@berth/oci/content/store.ts';
 * import { writeOciLayout } from '@berth/oci/archive/layout-writer.ts';
 * import { parseReference } from '@berth/oci/reference/reference.ts';
 * import { serveLayout } from '@berth/oci/testing/layout-registry.ts';
 *
 * // An image, and a registry on the loopback interface that has it.
 * const layers = [[{ type: 'file', path: 'app', content: 'echo' } as const]];
 * const { manifest } = await writeOciLayout({ dir: 'layout', name: 'app', layers, config: { Cmd: ['/app'] } });
 * await using registry = await serveLayout('layout', manifest);
 *
 * const store = await ContentStore.open('store');
 * const image = await pullImage({ reference: parseReference(`${registry.address}/team/app:1`), store });
 * assert.deepEqual(image.config.config.Cmd, ['/app']);
 * assert.ok(await store.has(image.layers[0]?.descriptor.digest ?? assert.fail()));
 */
export async function pullImage(request: PullRequest): Promise<PulledImage> {
  const { reference, signal } = request;
  const http = new HttpClient(request.timeouts);
  const failure = new AbortController();
  const either = AbortSignal.any([failure.signal, ...(signal ? [signal] : [])]);
  using budget = new DocumentBudget(either);
  const passedOver: string[] = [];
  try {
    const access = { auth: request.auth, http, tokens: request.tokens ?? new TokenCache() };
    const hosts = await RepositoryHosts.load(reference, request.hostsDir, access, (problem) => {
      passedOver.push(problem);
      request.warn?.(problem);
    });
    const { platform = hostPlatform(), store, isKnown = () => false } = request;
    const image = await resolveImage(hosts, { reference, platform, store, isKnown, budget, signal: either });
    request.onProgress?.({ kind: 'resolved', image });
    await fetchLayers(hosts, image, request, either, (error) => failure.abort(error));
    return { ...image, reference };
  } catch (error) {
    signal?.throwIfAborted();
    const cause = failure.signal.aborted ? failure.signal.reason : error;
    throw new PullError(formatReference(reference), cause, passedOver);
  } finally {
    await http.close();
  }
}

async function fetchLayers(
  hosts: RepositoryHosts,
  image: ResolvedImage,
  request: PullRequest,
  signal: AbortSignal,
  fail: (error: unknown) => void,
): Promise<void> {
  const queue = image.layers.values();
  const handled: Promise<void>[] = [];
  const worker = async () => {
    for (const layer of queue) {
      if (request.hasLayer?.(layer)) {
        request.onProgress?.({ kind: 'unneeded', layer });
        continue;
      }
      await fetchLayer(hosts, layer, request, signal);
      const handling = request.onLayer?.(layer, signal);
      if (handling) handled.push(handling.catch(fail));
    }
  };
  const workers = Array.from({ length: parallelLayers }, () => worker().catch(fail));
  await Promise.all(workers);
  await Promise.all(handled);
  signal.throwIfAborted();
}

async function fetchLayer(
  hosts: RepositoryHosts,
  layer: ImageLayer,
  { store, onProgress }: PullRequest,
  signal: AbortSignal,
): Promise<void> {
  const { descriptor } = layer;
  await store.exclusive(descriptor.digest, signal, async () => {
    // Verify it here, although unpacking does so again: only here a damaged blob can be downloaded again.
    if (
      (await store.size(descriptor.digest)) === descriptor.size &&
      (await store.isWhole(descriptor.digest))
    ) {
      onProgress?.({ kind: 'present', layer });
      return;
    }
    const onBytes = (received: number) => onProgress?.({ kind: 'downloading', layer, received });
    await hosts.firstThat('pull', signal, (client) =>
      fetchBlob({ client, descriptor, store, signal, onBytes }),
    );
    onProgress?.({ kind: 'downloaded', layer });
  });
}
