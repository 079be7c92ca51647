import type { PullImageRequest } from '@berth/cri/generated/api.ts';
import { LayerPhase, type PullImageProgress } from '@berth/cri/generated/image-progress.ts';
import type { ImageProgressHandlers } from '@berth/cri/server/server.ts';
import { pruneImages } from './prune.ts';
import { joinPull } from './pull.ts';
import type { LayerProgress } from './pull-progress.ts';
import type { ImageService } from './service.ts';

/** The handlers of berth.v1.ImageProgress, berthd's own gRPC service for pulls with progress and what they leave. */
export function imageProgressHandlers(service: ImageService): ImageProgressHandlers {
  return {
    pullImage: (request, { signal }) => pullWithProgress(service, request, signal),
    removeLeftovers: async () => ({ freedBytes: BigInt((await pruneImages(service, 'none')).freedBytes) }),
  };
}

/** PullImage with the progress of each layer. */
async function* pullWithProgress(
  service: ImageService,
  request: PullImageRequest,
  signal: AbortSignal,
): AsyncGenerator<PullImageProgress> {
  const { result, progress } = joinPull(service, request, signal);
  // It is awaited below; until then a failure must not count as an unhandled rejection.
  result.catch(() => {});
  for await (const layers of progress.watch(signal)) yield { imageRef: '', layers: layers.map(toMessage) };
  yield { imageRef: await result, layers: progress.layers.map(toMessage) };
}

const phases = {
  waiting: LayerPhase.WAITING,
  downloading: LayerPhase.DOWNLOADING,
  unpacking: LayerPhase.UNPACKING,
  done: LayerPhase.DONE,
} as const;

function toMessage({
  digest,
  phase,
  doneBytes,
  totalBytes,
}: LayerProgress): PullImageProgress['layers'][number] {
  return { digest, phase: phases[phase], doneBytes: BigInt(doneBytes), totalBytes: BigInt(totalBytes) };
}
