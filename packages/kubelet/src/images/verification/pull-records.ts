// Records which pods' credentials pulled an image, and decides whether another pod may use it.
import { splitImageName } from '@berth/common/image-name.ts';
import { KeyedQueue } from '@berth/common/keyed-queue.ts';
import type { ImageClient } from '@berth/cri/client/client.ts';
import { createLogger } from '../../klog/klog.ts';
import type { PullCredentials } from '../credentials/pull-credentials.ts';
import { type ImageVerification, mustVerify } from './policy.ts';
import { type AllowedPulls, allowedBy, type PodProof, verify, withPull } from './pulled-record.ts';
import type { PullRecordFiles } from './record-files.ts';

const log = createLogger('pull-records.ts');

/**
 * Why a pod may use an image or not: the policy lets everybody; a pull with its credentials is recorded; it has to pull;
 * the records cannot be read.
 */
export type PullCheck = 'credentialPolicyAllowed' | 'credentialRecordFound' | 'mustAuthenticate' | 'error';

/** What records need. */
export interface PullRecordsPorts {
  files: PullRecordFiles;
  client: Pick<ImageClient, 'listImages'>;
  verification: ImageVerification;
  metrics: { checked(result: PullCheck): void };
}

/** A pull that has begun. */
export interface PullIntent extends AsyncDisposable {
  /** Records the success: `imageRef` is the runtime's id of the image, `credentials` those that were used. */
  pulled(imageRef: string, credentials: PullCredentials | undefined): Promise<void>;
}

/** The records of pulls. `image` is always the image as a container names it. */
export class PullRecords {
  readonly #ports: PullRecordsPorts;
  /** Serializes changes of one record or intent. */
  readonly #queue = new KeyedQueue();
  /** The number of pulls under way, by image. */
  readonly #underWay = new Map<string, number>();
  #ready: Promise<void> | undefined;

  constructor(ports: PullRecordsPorts) {
    this.#ports = ports;
  }

  /** Whether a pod has to pull an image that is on the node, to prove that it may use it. */
  async mustPull(image: string, imageRef: string, proof: () => Promise<PodProof>): Promise<boolean> {
    const { files, verification, metrics } = this.#ports;
    try {
      await this.#recovered();
      const record = await files.record(imageRef);
      const byKubelet = record !== undefined || this.#underWay.has(image) || (await files.hasIntent(image));
      if (!mustVerify(verification, image, byKubelet)) {
        metrics.checked('credentialPolicyAllowed');
        return false;
      }
      const verdict = verify(record, splitImageName(image).name, await proof());
      const { learnt } = verdict;
      if (learnt) await this.#record(image, imageRef, { kubernetesSecrets: [learnt] });
      metrics.checked(verdict.pull ? 'mustAuthenticate' : 'credentialRecordFound');
      return verdict.pull;
    } catch (err) {
      log.error('Unable to read the records of image pulls', { err, image });
      metrics.checked('error');
      return true;
    }
  }

  /** Call it before a pull, and dispose of the result after it. A crash in between leaves the intent. */
  async intend(image: string): Promise<PullIntent> {
    const { files } = this.#ports;
    await this.#recovered();
    await this.#queue.run(image, async () => {
      await files.writeIntent(image);
      this.#underWay.set(image, (this.#underWay.get(image) ?? 0) + 1);
    });
    let keep = false;
    return {
      pulled: async (imageRef, credentials) => {
        try {
          await this.#record(image, imageRef, allowedBy(credentials));
        } catch (err) {
          // The intent tells the next kubelet that this one pulled the image.
          keep = true;
          log.error('Failed to write the record of an image pull', { err, image });
        }
      },
      [Symbol.asyncDispose]: () => this.#queue.run(image, () => this.#end(image, keep)),
    };
  }

  /** Removes the record of an image that is gone. */
  forget(imageRef: string): Promise<void> {
    return this.#queue.run(imageRef, () => this.#ports.files.removeRecord(imageRef));
  }

  async #end(image: string, keep: boolean): Promise<void> {
    const left = (this.#underWay.get(image) ?? 1) - 1;
    if (left > 0) this.#underWay.set(image, left);
    else {
      this.#underWay.delete(image);
      if (!keep) await this.#ports.files.removeIntent(image);
    }
  }

  async #record(image: string, imageRef: string, allowed: AllowedPulls | undefined): Promise<void> {
    const { files } = this.#ports;
    await this.#queue.run(imageRef, async () => {
      const record = await files.record(imageRef).catch(() => undefined);
      const next = withPull(record, imageRef, splitImageName(image).name, allowed, new Date());
      if (next !== record) await files.writeRecord(next);
    });
  }

  /** Once: turns intents of a killed kubelet into records that name nobody, and drops those of images that are gone. */
  #recovered(): Promise<void> {
    this.#ready ??= this.#recover().catch((error: unknown) => {
      this.#ready = undefined;
      throw error;
    });
    return this.#ready;
  }

  async #recover(): Promise<void> {
    const { files, client } = this.#ports;
    const intended = new Set(await files.intendedImages());
    const recorded = await files.recordedImages();
    if (intended.size === 0 && recorded.length === 0) return;
    const { images } = await client.listImages({});
    for (const { id, repoTags, repoDigests } of images) {
      for (const image of [...repoDigests, ...repoTags].filter((name) => intended.has(name))) {
        await this.#record(image, id, undefined);
        await files.removeIntent(image);
      }
    }
    const present = new Set(images.map(({ id }) => id));
    for (const imageRef of recorded) if (!present.has(imageRef)) await files.removeRecord(imageRef);
  }
}
