// Pulls images by imagePullPolicy before containers are created.
// https://kubernetes.io/docs/concepts/containers/images/#image-pull-policy

import { messageOf } from '@berth/common/error-message.ts';
import { Semaphore } from '@berth/common/semaphore.ts';
import type { ImageClient } from '@berth/cri/client/client.ts';
import type { DeepPartial, Image, PodSandboxConfig } from '@berth/cri/generated/api.ts';
import { repositoryOf, withDefaultTag } from '../api/image-name.ts';
import { type Container, type Pod, podKey } from '../api/pod.ts';
import { PullBackoff } from '../backoff/image-pull.ts';
import { createLogger } from '../klog/klog.ts';
import { type PresentImage, presentImage } from '../kubecontainer/present-image.ts';
import { rpcErrorText } from '../kubecontainer/rpc-error-text.ts';
import { StartError } from '../kubecontainer/start-error.ts';
import { unlessGone } from '../kuberuntime/unless-gone.ts';
import type { ImageMetrics } from '../metrics/image-metrics.ts';
import type { Objects } from '../objects/objects.ts';
import { nodeCredentials } from './credentials/node-config.ts';
import {
  credentialsHash,
  type PullCredentials,
  pullCredentials,
  pullSecretsOf,
} from './credentials/pull-credentials.ts';

const log = createLogger('image-manager.ts');

/** Deadline of a pull; long, because the runtime aborts a pull without progress. */
const noDeadlineMs = 24 * 3600 * 1000;

/** How long a status shows ErrImagePull before ImagePullBackOff. */
const errorShownMs = 2000;

/** What pulls need. */
export interface ImageManagerPorts {
  client: ImageClient;
  /** Maximum number of concurrent pulls; undefined: no limit. */
  maxParallelPulls: number | undefined;
  objects: Pick<Objects, 'secret'>;
  /** Where the kubelet keeps its files: `config.json` there may have credentials. */
  rootDir: string;
  metrics: ImageMetrics;
}

/** Pulls images by policy, with exponential backoff per pod and image. */
export class ImageManager {
  readonly #ports: ImageManagerPorts;
  readonly #client: ImageClient;
  readonly #pulls: Semaphore;
  readonly #backoff = new PullBackoff();
  readonly #underWay = new Map<string, Promise<string>>();
  /** The hash of the credentials of the last attempt that failed, by pod and image. */
  readonly #tried = new Map<string, string>();

  constructor(ports: ImageManagerPorts) {
    this.#ports = ports;
    this.#client = ports.client;
    this.#pulls = new Semaphore(ports.maxParallelPulls ?? Number.POSITIVE_INFINITY);
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
      this.#ports.metrics.ensured(policy, present !== undefined, present === undefined && policy !== 'Never');
      if (present) return presentImage(present);
      if (container.imagePullPolicy === 'Never') {
        const message = `Container image "${container.image}" is not present with pull policy of Never`;
        throw new StartError('ErrImageNeverPull', message);
      }
    }
    if (policy === 'Always') this.#ports.metrics.ensured(policy, undefined, true);
    const began = performance.now();
    const ref = await this.#pull(pod, image, sandboxConfig);
    const pulled = (await this.#status(image)) ?? (await this.#status(ref));
    if (!pulled)
      throw new StartError('ImageInspectError', `Failed to inspect image "${image}": gone after its pull`);
    this.#ports.metrics.pulled((performance.now() - began) / 1000, pulled.size);
    return { ...presentImage(pulled), ref: ref || pulled.id };
  }

  /** Drops the back-offs of a removed pod. */
  forget(podUid: string): void {
    this.#backoff.forget(podUid);
    for (const key of this.#tried.keys()) if (key.startsWith(`${podUid}_`)) this.#tried.delete(key);
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
    const credentials = await this.#credentials(pod, image);
    const key = `${uid}_${image}`;
    const hash = credentialsHash(credentials);
    // Nothing waits for an attempt with other credentials.
    const wait = this.#tried.get(key) === hash ? this.#backoff.waiting(uid, image, Date.now()) : undefined;
    if (wait) throw new StartError('ImagePullBackOff', wait.message, { retryAt: wait.until });
    const podName = `${pod.metadata.namespace}/${pod.metadata.name}`;
    try {
      const started = Date.now();
      log.info('Pulling image', { pod: podName, image });
      const ref = await this.#pullOnce(image, credentials, sandboxConfig);
      log.info('Pulled image', { pod: podName, image, ms: Date.now() - started });
      return ref;
    } catch (error) {
      const message = messageOf(error);
      this.#backoff.failed(uid, image, message, Date.now());
      this.#tried.set(key, hash);
      log.error('Failed to pull image', { err: error, pod: podName, image });
      // The next attempt reports the back-off and its end.
      throw new StartError('ErrImagePull', message, { retryAt: Date.now() + errorShownMs, cause: error });
    }
  }

  /** The credentials to try, in this order. */
  async #credentials(pod: Pod, image: string): Promise<PullCredentials[]> {
    const { objects, rootDir } = this.#ports;
    const { secrets, missing } = pullSecretsOf(pod, objects);
    if (missing.length > 0) {
      log.warn('Unable to retrieve pull secret, the image pull may not succeed.', {
        pod: podKey(pod),
        secret: missing.join(', '),
      });
    }
    try {
      return pullCredentials(repositoryOf(image), secrets, await nodeCredentials(rootDir));
    } catch (cause) {
      throw new StartError('ErrImagePull', messageOf(cause), { cause });
    }
  }

  /** Concurrent requests for the same image with the same credentials share one pull. */
  #pullOnce(
    image: string,
    credentials: readonly PullCredentials[],
    sandboxConfig: DeepPartial<PodSandboxConfig>,
  ): Promise<string> {
    const key = `${credentialsHash(credentials)} ${image}`;
    const underWay = this.#underWay.get(key);
    if (underWay) return underWay;
    const pull = this.#pulls
      .run(() => this.#pullWithAny(image, credentials, sandboxConfig))
      .finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, pull);
    return pull;
  }

  /** Pulls with the first credentials that succeed; without any when there are none. */
  async #pullWithAny(
    image: string,
    credentials: readonly PullCredentials[],
    sandboxConfig: DeepPartial<PodSandboxConfig>,
  ): Promise<string> {
    const problems = new Set<string>();
    const attempts = credentials.map(({ username, password }) => ({ username, password }));
    for (const auth of attempts.length > 0 ? attempts : [undefined]) {
      try {
        const request = { image: { image }, sandboxConfig, ...(auth && { auth }) };
        return (await this.#client.pullImage(request, { timeoutMs: noDeadlineMs })).imageRef;
      } catch (error) {
        problems.add(rpcErrorText(error));
      }
    }
    const all = [...problems];
    throw new Error(all.length === 1 ? all[0] : `[${all.join(', ')}]`);
  }
}
