// Pulls images by imagePullPolicy before containers are created.
// https://kubernetes.io/docs/concepts/containers/images/#image-pull-policy

import { Semaphore } from '@berth/common/semaphore.ts';
import type { ImageClient } from '@berth/cri/client/client.ts';
import type { DeepPartial, Image, PodSandboxConfig } from '@berth/cri/generated/api.ts';
import type { Container, Pod } from '../api/pod.ts';
import { PullBackoff } from '../backoff/image-pull.ts';
import { createLogger } from '../klog/klog.ts';
import { type PresentImage, presentImage } from '../kubecontainer/present-image.ts';
import { rpcErrorText } from '../kubecontainer/rpc-error-text.ts';
import { StartError } from '../kubecontainer/start-error.ts';
import { unlessGone } from '../kuberuntime/unless-gone.ts';
import type { ImageMetrics } from '../metrics/image-metrics.ts';
import { withDefaultTag } from './image-name.ts';

const log = createLogger('image-manager.ts');

/** Deadline of a pull; long, because the runtime aborts a pull without progress. */
const noDeadlineMs = 24 * 3600 * 1000;

/** How long a status shows ErrImagePull before ImagePullBackOff. */
const errorShownMs = 2000;

/** Pulls images by policy, with exponential backoff per pod and image. */
export class ImageManager {
  readonly #client: ImageClient;
  readonly #pulls: Semaphore;
  readonly #backoff = new PullBackoff();
  readonly #underWay = new Map<string, Promise<string>>();
  readonly #metrics: ImageMetrics;

  /** `maxParallelPulls` undefined: no limit. */
  constructor(client: ImageClient, maxParallelPulls: number | undefined, metrics: ImageMetrics) {
    this.#client = client;
    this.#metrics = metrics;
    this.#pulls = new Semaphore(maxParallelPulls ?? Number.POSITIVE_INFINITY);
  }

  /** Returns the container's image; pulls it if the policy requires. Throws StartError with the reason to show. */
  async ensure(
    pod: Pod,
    container: Pick<Container, 'image' | 'imagePullPolicy'>,
    sandboxConfig: DeepPartial<PodSandboxConfig>,
  ): Promise<PresentImage> {
    const image = withDefaultTag(container.image);
    if (image === undefined) {
      const message = `Failed to apply default image tag "${container.image}": couldn't parse image name "${container.image}": invalid reference format`;
      throw new StartError('InvalidImageName', message);
    }
    const { imagePullPolicy: policy } = container;
    if (policy !== 'Always') {
      const present = await this.#status(image);
      this.#metrics.ensured(policy, present !== undefined, present === undefined && policy !== 'Never');
      if (present) return presentImage(present);
      if (container.imagePullPolicy === 'Never') {
        const message = `Container image "${container.image}" is not present with pull policy of Never`;
        throw new StartError('ErrImageNeverPull', message);
      }
    }
    if (policy === 'Always') this.#metrics.ensured(policy, undefined, true);
    const began = performance.now();
    const ref = await this.#pull(pod, image, sandboxConfig);
    const pulled = (await this.#status(image)) ?? (await this.#status(ref));
    if (!pulled)
      throw new StartError('ImageInspectError', `Failed to inspect image "${image}": gone after its pull`);
    this.#metrics.pulled((performance.now() - began) / 1000, pulled.size);
    return { ...presentImage(pulled), ref: ref || pulled.id };
  }

  /** Drops the back-offs of a removed pod. */
  forget(podUid: string): void {
    this.#backoff.forget(podUid);
  }

  async #status(image: string): Promise<Image | undefined> {
    try {
      return (await unlessGone(this.#client.imageStatus({ image: { image } })))?.image;
    } catch (error) {
      throw new StartError(
        'ImageInspectError',
        `Failed to inspect image "${image}": ${rpcErrorText(error)}`,
        {
          cause: error,
        },
      );
    }
  }

  async #pull(pod: Pod, image: string, sandboxConfig: DeepPartial<PodSandboxConfig>): Promise<string> {
    const { uid } = pod.metadata;
    const wait = this.#backoff.waiting(uid, image, Date.now());
    if (wait) throw new StartError('ImagePullBackOff', wait.message, { retryAt: wait.until });
    const podName = `${pod.metadata.namespace}/${pod.metadata.name}`;
    try {
      const started = Date.now();
      log.info('Pulling image', { pod: podName, image });
      const ref = await this.#pullOnce(image, sandboxConfig);
      log.info('Pulled image', { pod: podName, image, ms: Date.now() - started });
      return ref;
    } catch (error) {
      const message = rpcErrorText(error);
      this.#backoff.failed(uid, image, message, Date.now());
      log.error('Failed to pull image', { err: error, pod: podName, image });
      // The next attempt reports the back-off and its end.
      throw new StartError('ErrImagePull', message, { retryAt: Date.now() + errorShownMs, cause: error });
    }
  }

  /** Concurrent requests for the same image share one pull. */
  #pullOnce(image: string, sandboxConfig: DeepPartial<PodSandboxConfig>): Promise<string> {
    const underWay = this.#underWay.get(image);
    if (underWay) return underWay;
    const pull = this.#pulls
      .run(async () => {
        const response = await this.#client.pullImage(
          { image: { image }, sandboxConfig },
          { timeoutMs: noDeadlineMs },
        );
        return response.imageRef;
      })
      .finally(() => this.#underWay.delete(image));
    this.#underWay.set(image, pull);
    return pull;
  }
}
