import type { PullImageRequest } from '@berth/cri/generated/api.ts';
import { LayerPhase, type PullImageProgress } from '@berth/cri/generated/image-progress.ts';
import type { ImageProgressHandlers } from '@berth/cri/server/server.ts';
import { joinPull } from './pull.ts';
import type { LayerState } from './pull-board.ts';
import type { ImageService } from './service.ts';

/** The handlers of berth.v1.ImageProgress. */
export function imageProgressHandlers(service: ImageService): ImageProgressHandlers {
  return { pullImage: (request, { signal }) => pullWithProgress(service, request, signal) };
}

/** PullImage, telling how each layer comes on. */
async function* pullWithProgress(
  service: ImageService,
  request: PullImageRequest,
  signal: AbortSignal,
): AsyncGenerator<PullImageProgress> {
  const { result, board } = joinPull(service, request, signal);
  // It is awaited below, and must not count as unhandled when it fails while layers are told of.
  result.catch(() => {});
  for await (const layers of board.watch(signal)) yield { imageRef: '', layers: layers.map(toMessage) };
  yield { imageRef: await result, layers: board.layers.map(toMessage) };
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
}: LayerState): PullImageProgress['layers'][number] {
  return { digest, phase: phases[phase], doneBytes: BigInt(doneBytes), totalBytes: BigInt(totalBytes) };
}
