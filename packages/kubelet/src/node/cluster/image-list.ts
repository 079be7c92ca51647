// The images of the runtime for the node's status, read every half minute.
import { sleepUntilAborted } from '@berth/common/abort.ts';
import type { ImageClient } from '@berth/cri/client/client.ts';
import { createLogger } from '../../klog/klog.ts';
import type { ImageFacts } from '../status/images.ts';

const log = createLogger('image-list.ts');

const intervalMs = 30_000;

/** Keeps the newest list. */
export class ImageList {
  readonly #client: Pick<ImageClient, 'listImages'>;
  readonly #stopped = new AbortController();
  #images: readonly ImageFacts[] = [];

  constructor(client: Pick<ImageClient, 'listImages'>) {
    this.#client = client;
  }

  /** Reads from now on; returns at once. */
  start(): void {
    void this.#run();
  }

  stop(): void {
    this.#stopped.abort();
  }

  get images(): readonly ImageFacts[] {
    return this.#images;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      try {
        const { images } = await this.#client.listImages({}, { signal });
        this.#images = images.map(({ id, size, repoTags, repoDigests }) => ({
          id,
          sizeBytes: Number(size),
          repoTags,
          repoDigests,
        }));
      } catch (error) {
        if (!signal.aborted) log.info('Failed to update image list', { err: error });
      }
      await sleepUntilAborted(intervalMs, signal);
    }
  }
}
