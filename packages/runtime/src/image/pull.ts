import { dirname, join } from 'node:path';
import { hasCode } from '@berth/common/error-code.ts';
import type { PullImageRequest, PullImageResponse } from '@berth/cri/generated/api.ts';
import type { Digest } from '@berth/oci/image-spec/digest.ts';
import { LayerError } from '@berth/oci/layers/layer-error.ts';
import { formatReference, type Reference, repositoryName } from '@berth/oci/reference/reference.ts';
import type { AuthConfig, AuthSource } from '@berth/oci/registry/auth/credentials.ts';
import { credentialsFromFiles } from '@berth/oci/registry/auth/docker-config.ts';
import type { RegistryErrorCode } from '@berth/oci/registry/http/errors.ts';
import { type PulledImage, pullImage as pullFromRegistry } from '@berth/oci/registry/pull.ts';
import { PullError } from '@berth/oci/registry/pull-error.ts';
import { podAttributes } from '../observability/tracing/tracer.ts';
import { type CriCode, invalid, RuntimeError } from '../rpc/errors.ts';
import { addImage } from './add.ts';
import { addArtifact, artifactLayer, checkArtifactSize } from './artifact.ts';
import { namesFor, requestedReference } from './names.ts';
import type { PullProgress } from './pull-progress.ts';
import type { ImageService } from './service.ts';
import type { SharedPulls } from './shared-pulls.ts';
import { ImageUnpacking } from './unpack.ts';

/**
 * PullImage: fetches an image and unpacks it. Blobs that are present are not fetched again, but the manifest is
 * requested from the registry each time, with the request's credentials. Answers with the image's id.
 */
export async function pullImage(
  service: ImageService,
  request: PullImageRequest,
  { signal }: { signal: AbortSignal },
): Promise<PullImageResponse> {
  const { image, sandboxConfig } = request;
  service.tracer.describe({
    'container.image.name': image?.image ?? '',
    ...(sandboxConfig?.metadata && podAttributes(sandboxConfig.metadata)),
  });
  return { imageRef: await joinPull(service, request, signal).result };
}

/** Starts a pull, or joins one of the same image with the same credentials. */
export function joinPull(
  service: ImageService,
  request: PullImageRequest,
  signal: AbortSignal,
): ReturnType<SharedPulls['join']> {
  const name = request.image?.image ?? '';
  if (name === '') throw invalid('image.image', 'is required');
  const reference = requestedReference(name);
  return service.pulls.join(pullKey(reference, request.auth), signal, (shared, progress) =>
    logged(service, reference, () =>
      service.gate.run(() => pull(service, { reference, auth: request.auth, progress }, shared)),
    ),
  );
}

/** An image that is being pulled, whoever asked for it. */
export interface ImagePull {
  /** Its full name. */
  image: string;
  doneBytes: number;
  /** 0 until the manifest is known. */
  totalBytes: number;
}

/** The pulls that are under way. */
export function pullsUnderWay({ pulls }: Pick<ImageService, 'pulls'>): ImagePull[] {
  return pulls.running().map(([key, { layers }]) => {
    const sum = (of: 'doneBytes' | 'totalBytes') => layers.reduce((bytes, layer) => bytes + layer[of], 0);
    return { image: imageOfKey(key), doneBytes: sum('doneBytes'), totalBytes: sum('totalBytes') };
  });
}

function pullKey(reference: Reference, auth: AuthConfig | undefined): string {
  return JSON.stringify([formatReference(reference), auth ?? null]);
}

function imageOfKey(key: string): string {
  return JSON.parse(key)[0];
}

async function logged(
  { log }: ImageService,
  reference: Reference,
  run: () => Promise<PulledImage>,
): Promise<string> {
  const name = formatReference(reference);
  const started = performance.now();
  log.info(`Pulling image: ${name}`);
  try {
    const image = await run();
    const duration = `${Math.round(performance.now() - started)}ms`;
    log.info(`Pulled image: ${name}`, { image: image.configDigest, duration });
    return image.configDigest;
  } catch (error) {
    // Without a cause: the message already contains its text.
    throw error instanceof PullError ? new RuntimeError(criCode(error), error.message) : error;
  }
}

async function pull(
  service: ImageService,
  {
    reference,
    auth: given,
    progress,
  }: { reference: Reference; auth: AuthConfig | undefined; progress: PullProgress },
  signal: AbortSignal,
): Promise<PulledImage> {
  const { configDir, authFiles } = service.settings.registry;
  const files = authFiles.length > 0 ? authFiles : [join(dirname(configDir), 'auth.json')];
  const auth: AuthSource = given ?? ((place) => credentialsFromFiles(files, place));
  let unpacking: ImageUnpacking | undefined;
  let artifact: Digest | undefined;
  const image = await pullFromRegistry({
    reference,
    auth,
    tokens: service.tokens,
    hostsDir: configDir,
    warn: (problem) => service.log.warning(`Pulling ${formatReference(reference)}: ${problem}`),
    store: service.content,
    isKnown: (digest) => service.records.named(`${repositoryName(reference)}@${digest}`)?.phase === 'ready',
    signal,
    hasLayer: (layer) => service.layers.path(artifact ?? layer.chainId) !== undefined,
    onProgress: (event) => {
      if (event.kind === 'resolved') {
        if (event.image.manifest.artifactType === undefined) {
          unpacking = new ImageUnpacking(service, event.image);
        } else {
          checkArtifactSize(service, event.image);
          artifact = artifactLayer(event.image);
        }
        progress.begin(event.image.layers);
      } else if (event.kind === 'downloading') {
        progress.set(event.layer, 'downloading', event.received);
      } else if (event.kind === 'unneeded') {
        progress.set(event.layer, 'done');
      }
    },
    onLayer: async (layer, layerSignal) => {
      progress.set(layer, 'unpacking');
      const about = { 'layer.digest': layer.descriptor.digest };
      await service.tracer.span('unpack', about, async () => unpacking?.unpack(layer, layerSignal));
      progress.set(layer, 'done');
    },
  });
  const names = namesFor(reference, image.digest);
  if (image.manifest.artifactType === undefined) await addImage(service, image, names);
  else await addArtifact(service, image, names, signal);
  return image;
}

const codes: Record<RegistryErrorCode, CriCode> = {
  'not-found': 'NOT_FOUND',
  unauthorized: 'UNKNOWN',
  'too-many-requests': 'UNAVAILABLE',
  unavailable: 'UNAVAILABLE',
  'invalid-content': 'UNKNOWN',
  refused: 'UNKNOWN',
};

function criCode({ code, cause }: PullError): CriCode {
  const root = cause instanceof LayerError ? (cause.cause ?? cause) : cause;
  return hasCode(root, 'ENOSPC', 'EDQUOT') ? 'RESOURCE_EXHAUSTED' : codes[code];
}
