// Pulls images by imagePullPolicy before containers are created.
// https://kubernetes.io/docs/concepts/containers/images/#image-pull-policy

import { messageOf } from '@berth/common/error-message.ts';
import { formatGoDuration } from '@berth/common/go-duration.ts';
import { Semaphore } from '@berth/common/semaphore.ts';
import type { ImageClient } from '@berth/cri/client/client.ts';
import type { DeepPartial, Image, PodSandboxConfig } from '@berth/cri/generated/api.ts';
import { repositoryOf, withDefaultTag } from '../api/image-name.ts';
import { type Container, type Pod, podKey } from '../api/pod.ts';
import { type Bucket, fullBucket, type Rate, takeToken } from '../apiserver/token-bucket.ts';
import { PullBackoff } from '../backoff/image-pull.ts';
import type { EventSubject, Recorder } from '../events/event.ts';
import { createLogger } from '../klog/klog.ts';
import { type PresentImage, presentImage } from '../kubecontainer/present-image.ts';
import { rpcErrorText } from '../kubecontainer/rpc-error-text.ts';
import { StartError } from '../kubecontainer/start-error.ts';
import { unlessGone } from '../kuberuntime/unless-gone.ts';
import type { ImageMetrics } from '../metrics/image-metrics.ts';
import type { PodStartMetrics } from '../metrics/pod-start-metrics.ts';
import type { Objects } from '../objects/objects.ts';
import { nodeCredentials } from './credentials/node-config.ts';
import {
  credentialsHash,
  type PullCredentials,
  pullCredentials,
  pullSecretsOf,
} from './credentials/pull-credentials.ts';
import type { CredentialProviders } from './providers/credential-providers.ts';
import { pullErrorText, pullFailure } from './pull-failure.ts';
import type { ImageVerification } from './verification/policy.ts';
import { PullRecords } from './verification/pull-records.ts';
import { podProof } from './verification/pulled-record.ts';
import { PullRecordFiles } from './verification/record-files.ts';

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
  /** How fast pulls may follow each other; undefined: no limit. */
  pullRate?: Rate | undefined;
  objects: Pick<Objects, 'secret'>;
  /** Where the kubelet keeps its files: `config.json` there may have credentials, `image_manager` has records. */
  rootDir: string;
  metrics: ImageMetrics;
  /** Is told for which pods images are pulled. */
  podStarts?: Pick<PodStartMetrics, 'pulling'>;
  /** Undefined: there are none. */
  providers?: CredentialProviders | undefined;
  verification: ImageVerification;
  events: Recorder;
}

/** Pulls images by policy, with exponential backoff per pod and image. */
export class ImageManager {
  readonly #ports: ImageManagerPorts;
  readonly #client: ImageClient;
  readonly #pulls: Semaphore;
  readonly #backoff = new PullBackoff();
  readonly #records: PullRecords;
  readonly #underWay = new Map<string, Promise<Pulled>>();
  #bucket: Bucket | undefined;
  /** The hash of the credentials of the last attempt that failed, by pod and image. */
  readonly #tried = new Map<string, string>();

  constructor(ports: ImageManagerPorts) {
    this.#ports = ports;
    this.#client = ports.client;
    this.#pulls = new Semaphore(ports.maxParallelPulls ?? Number.POSITIVE_INFINITY);
    const { client, rootDir, verification, metrics } = ports;
    this.#records = new PullRecords({ files: new PullRecordFiles(rootDir), client, verification, metrics });
  }

  /**
   * Returns the container's image; pulls it if the policy requires. Throws StartError with the reason to show. Events are
   * about `subject`.
   */
  async ensure(
    pod: Pod,
    container: Pick<Container, 'image' | 'imagePullPolicy'>,
    sandboxConfig: DeepPartial<PodSandboxConfig>,
    subject: EventSubject | undefined,
  ): Promise<PresentImage> {
    const { events } = this.#ports;
    const image = withDefaultTag(container.image);
    if (image === undefined) {
      const message = `Failed to apply default image tag "${container.image}": couldn't parse image name "${container.image}": invalid reference format`;
      events.record(subject, 'Warning', 'InspectFailed', message);
      throw new StartError('InvalidImageName', message);
    }
    const { imagePullPolicy: policy } = container;
    if (policy !== 'Always') {
      const present = await this.#status(image).catch((error: unknown) => {
        events.record(subject, 'Warning', 'InspectFailed', messageOf(error));
        throw error;
      });
      this.#ports.metrics.ensured(policy, present !== undefined, present === undefined && policy !== 'Never');
      if (present && !(await this.#mustPull(pod, container, image, present))) {
        const told = `Container image "${container.image}" already present on machine and can be accessed by the pod`;
        events.record(subject, 'Normal', 'Pulled', told);
        return presentImage(present);
      }
      // Whether the image is there is not told to a pod that may not use it.
      if (container.imagePullPolicy === 'Never') {
        const message = `Container image "${container.image}" is not present with pull policy of Never`;
        events.record(subject, 'Warning', 'ErrImageNeverPull', message);
        throw new StartError('ErrImageNeverPull', message);
      }
    }
    if (policy === 'Always') this.#ports.metrics.ensured(policy, undefined, true);
    return await this.#pull(pod, container, image, sandboxConfig, subject);
  }

  #mustPull(pod: Pod, container: Pick<Container, 'image'>, image: string, { id }: Image): Promise<boolean> {
    return this.#records.mustPull(container.image, id, async () =>
      podProof(await this.#credentials(pod, image)),
    );
  }

  /** Drops the back-offs of a removed pod. */
  /** An image was removed from the node: who pulled it matters no more. */
  removed(imageRef: string): Promise<void> {
    return this.#records.forget(imageRef);
  }

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

  async #pull(
    pod: Pod,
    container: Pick<Container, 'image'>,
    image: string,
    sandboxConfig: DeepPartial<PodSandboxConfig>,
    subject: EventSubject | undefined,
  ): Promise<PresentImage> {
    const { events, metrics, podStarts } = this.#ports;
    const { uid } = pod.metadata;
    const credentials = await this.#credentials(pod, image);
    // As the pod names it, with or without a tag.
    const named = container.image;
    const key = `${uid}_${named}`;
    const hash = credentialsHash(credentials);
    // Nothing waits for an attempt with other credentials.
    const wait = this.#tried.get(key) === hash ? this.#backoff.waiting(uid, named, Date.now()) : undefined;
    if (wait) {
      events.record(subject, 'Normal', 'BackOff', `Back-off pulling image "${named}"`);
      throw new StartError('ImagePullBackOff', wait.message, { retryAt: wait.until });
    }
    events.record(subject, 'Normal', 'Pulling', `Pulling image "${named}"`);
    const podName = `${pod.metadata.namespace}/${pod.metadata.name}`;
    const began = performance.now();
    using _ = podStarts?.pulling(uid);
    await using intent = await this.#records.intend(named);
    const { ref, used, tookMs } = await this.#tryPull(podName, image, credentials, sandboxConfig).catch(
      (error) => {
        const errors = error instanceof AggregateError ? error.errors : [error];
        const failure = pullFailure(named, errors);
        this.#backoff.failed(uid, named, failure, Date.now());
        this.#tried.set(key, hash);
        log.error('Failed to pull image', { err: failure.message, pod: podName, image });
        const told = `Failed to pull image "${named}": ${pullErrorText(errors)}`;
        events.record(subject, 'Warning', 'Failed', told);
        // The next attempt reports the back-off and its end.
        throw new StartError(failure.reason, failure.message, {
          retryAt: Date.now() + errorShownMs,
          cause: error,
        });
      },
    );
    const pulled = (await this.#status(image)) ?? (await this.#status(ref));
    if (!pulled)
      throw new StartError('ImageInspectError', `Failed to inspect image "${image}": gone after its pull`);
    const waitedMs = performance.now() - began;
    metrics.pulled(waitedMs / 1000, pulled.size);
    const [took, waited] = [tookMs, waitedMs].map((ms) => formatGoDuration(Math.trunc(ms)));
    const told = `Successfully pulled image "${named}" in ${took} (${waited} including waiting). Image size: ${pulled.size} bytes.`;
    events.record(subject, 'Normal', 'Pulled', told);
    await intent.pulled(pulled.id, used);
    return { ...presentImage(pulled), ref: ref || pulled.id };
  }

  async #tryPull(
    pod: string,
    image: string,
    credentials: readonly PullCredentials[],
    sandboxConfig: DeepPartial<PodSandboxConfig>,
  ): Promise<Pulled> {
    const started = Date.now();
    log.info('Pulling image', { pod, image });
    const pulled = await this.#pullOnce(image, credentials, sandboxConfig);
    log.info('Pulled image', { pod, image, ms: Date.now() - started });
    return pulled;
  }

  /** The credentials to try, in this order. */
  async #credentials(pod: Pod, image: string): Promise<PullCredentials[]> {
    const { objects, rootDir, providers } = this.#ports;
    const { secrets, missing } = pullSecretsOf(pod, objects);
    if (missing.length > 0) {
      log.warn('Unable to retrieve pull secret, the image pull may not succeed.', {
        pod: podKey(pod),
        secret: missing.join(', '),
      });
    }
    try {
      const repository = repositoryOf(image);
      const known = pullCredentials(repository, secrets, await nodeCredentials(rootDir));
      return [...known, ...((await providers?.credentials(pod, repository)) ?? [])];
    } catch (cause) {
      throw new StartError('ErrImagePull', messageOf(cause), { cause });
    }
  }

  /** Concurrent requests for the same image with the same credentials share one pull. */
  #pullOnce(
    image: string,
    credentials: readonly PullCredentials[],
    sandboxConfig: DeepPartial<PodSandboxConfig>,
  ): Promise<Pulled> {
    const key = `${credentialsHash(credentials)} ${image}`;
    const underWay = this.#underWay.get(key);
    if (underWay) return underWay;
    const pull = this.#pulls
      .run(() => this.#pullWithAny(image, credentials, sandboxConfig))
      .finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, pull);
    return pull;
  }

  /** A pull that comes too fast after others fails, and is tried again like one that the registry refused. */
  #takeToken(): void {
    const { pullRate } = this.#ports;
    if (!pullRate) return;
    const now = performance.now();
    const { bucket, waitMs } = takeToken(this.#bucket ?? fullBucket(pullRate, now), pullRate, now);
    if (waitMs > 0) throw new Error('pull QPS exceeded');
    this.#bucket = bucket;
  }

  /** Pulls with the first credentials that succeed; without any when there are none. */
  async #pullWithAny(
    image: string,
    credentials: readonly PullCredentials[],
    sandboxConfig: DeepPartial<PodSandboxConfig>,
  ): Promise<Pulled> {
    const began = performance.now();
    const errors: unknown[] = [];
    for (const used of credentials.length > 0 ? credentials : [undefined]) {
      try {
        const auth = used && { username: used.username, password: used.password };
        this.#takeToken();
        const request = { image: { image }, sandboxConfig, ...(auth && { auth }) };
        const { imageRef } = await this.#client.pullImage(request, { timeoutMs: noDeadlineMs });
        return { ref: imageRef, used, tookMs: performance.now() - began };
      } catch (error) {
        errors.push(error);
      }
    }
    throw new AggregateError(errors, 'every attempt failed');
  }
}

/** The result of a pull. */
interface Pulled {
  /** The runtime's id of the image, '' from a runtime that does not tell it. */
  ref: string;
  /** Undefined: none were needed. */
  used: PullCredentials | undefined;
  /** How long the runtime took. */
  tookMs: number;
}
