// Counts pulls of images.
import type { PullCheck } from '../images/verification/pull-records.ts';
import type { MetricsRegistry } from './registry.ts';

const megabyte = 1024 * 1024;
const gigabyte = 1024 * megabyte;

/** Lower bounds of sizes and their labels. */
const sizes: readonly (readonly [bytes: number, label: string])[] = [
  [0, '0-10MB'],
  [10 * megabyte, '10MB-100MB'],
  [100 * megabyte, '100MB-500MB'],
  [500 * megabyte, '500MB-1GB'],
  [gigabyte, '1GB-5GB'],
  [5 * gigabyte, '5GB-10GB'],
  [10 * gigabyte, '10GB-20GB'],
  [20 * gigabyte, '20GB-30GB'],
  [30 * gigabyte, '30GB-40GB'],
  [40 * gigabyte, '40GB-60GB'],
  [60 * gigabyte, '60GB-100GB'],
  [100 * gigabyte, 'GT100GB'],
];

/** The label of an image's size; 0: not known. Pure. */
export function sizeLabel(bytes: number): string {
  return sizes.findLast(([lower]) => bytes > lower)?.[1] ?? 'N/A';
}

/** The image volumes of a pod when one of its containers starts, and the mounts that the container has of them. */
export interface ImageVolumeCounts {
  requested: number;
  mounted: number;
  failed: number;
}

/** The families about images. */
export class ImageMetrics {
  readonly #pulls;
  readonly #requests;
  readonly #checks;
  readonly #volumesRequested;
  readonly #volumesMounted;
  readonly #volumeErrors;
  readonly #collected;

  constructor(registry: MetricsRegistry) {
    this.#pulls = registry.histogram(
      'kubelet_image_pull_duration_seconds',
      'How long pulls of images took, waiting included, in seconds.',
      ['image_size_in_bytes'],
      [1, 5, 10, 20, 30, 60, 120, 180, 240, 300, 360, 480, 600, 900, 1200, 1800, 2700, 3600],
    );
    this.#requests = registry.counter(
      'kubelet_image_manager_ensure_image_requests_total',
      'Containers whose image was looked for.',
      ['pull_policy', 'present_locally', 'pull_required'],
    );
    this.#checks = registry.counter(
      'kubelet_imagemanager_image_mustpull_checks_total',
      'Checks of whether a pod may use an image that is on the node.',
      ['result'],
    );
    this.#volumesRequested = registry.counter(
      'kubelet_image_volume_requested_total',
      'Image volumes of the pods of started containers.',
    );
    this.#volumesMounted = registry.counter(
      'kubelet_image_volume_mounted_succeed_total',
      'Mounts of image volumes.',
    );
    this.#volumeErrors = registry.counter(
      'kubelet_image_volume_mounted_errors_total',
      'Mounts of image volumes that failed.',
    );
    this.#collected = registry.counter(
      'kubelet_image_garbage_collected_total',
      'Unused images that were removed.',
      ['reason'],
    );
  }

  /** An image of `bytes` was pulled. */
  pulled(seconds: number, bytes: bigint): void {
    this.#pulls.observe({ image_size_in_bytes: sizeLabel(Number(bytes)) }, seconds);
  }

  /** An unused image was removed: it was old, or its space was needed. */
  collected(reason: 'age' | 'space'): void {
    this.#collected.inc({ reason });
  }

  /** It was decided whether a pod may use an image that is on the node. */
  checked(result: PullCheck): void {
    this.#checks.inc({ result });
  }

  /** A container was started, or could not be. */
  volumes({ requested, mounted, failed }: ImageVolumeCounts): void {
    this.#volumesRequested.inc(requested);
    this.#volumesMounted.inc(mounted);
    this.#volumeErrors.inc(failed);
  }

  /** An image was looked for. `present` undefined: it is pulled whether it is there or not. */
  ensured(policy: string, present: boolean | undefined, pulls: boolean): void {
    this.#requests.inc({
      pull_policy: policy.toLowerCase(),
      present_locally: present === undefined ? 'unknown' : String(present),
      pull_required: String(pulls),
    });
  }
}
