import { rpcErrorText } from '../kubecontainer/rpc-error-text.ts';

/** A volume could not be made. */
export class VolumeError extends Error {
  override readonly name = 'VolumeError';
  /** When to try again, in milliseconds since the epoch, unless something happens before. */
  readonly retryAt: number;

  constructor(message: string, retryAt: number, options?: ErrorOptions) {
    super(message, options);
    this.retryAt = retryAt;
  }
}

/** A volume waits for others, such as a controller that attaches it: that is no failure yet. */
export class VolumeWait extends Error {
  override readonly name = 'VolumeWait';
  /** When to look again, unless something happens before. */
  readonly retryMs: number;

  constructor(message: string, retryMs: number) {
    super(message);
    this.retryMs = retryMs;
  }
}

/** A volume is not taken into what is to be mounted, for now, or waits before that. */
export class VolumeRefusal extends Error {
  override readonly name = 'VolumeRefusal';
  /** Whether it is among what is to be mounted. */
  readonly isProcessed: boolean;

  constructor(message: string, { isProcessed }: { isProcessed: boolean }) {
    super(message);
    this.isProcessed = isProcessed;
  }
}

/** A step of giving a pod a block device has failed. Its message is that of the pod's event. */
export class MapError extends Error {
  override readonly name = 'MapError';
  /** The reason of the event. */
  readonly reason: 'FailedMapVolume' | 'FailedMount';

  constructor(step: string, volume: string, cause: unknown, reason: MapError['reason'] = 'FailedMapVolume') {
    super(`MapVolume.${step} for volume "${volume}" : ${rpcErrorText(cause)}`, { cause });
    this.reason = reason;
  }
}

/** A step of mounting a volume, in the words of the real kubelet's events. */
export type VolumeStep =
  | 'NodeAffinity check'
  | 'NewMounter initialization'
  | 'WaitForAttach'
  | 'MountDevice'
  | 'SetUp';

/** A step of mounting a volume has failed. */
export class VolumeStepError extends Error {
  override readonly name = 'VolumeStepError';
  readonly step: VolumeStep;
  /** The persistent volume, where it is one. */
  readonly volume: string | undefined;

  constructor(step: VolumeStep, cause: unknown, volume?: string) {
    super(rpcErrorText(cause), { cause });
    this.step = step;
    this.volume = volume;
  }
}

/** A disk could not be mounted, and has something else than the file system that its volume names. */
export class FilesystemMismatch extends Error {
  override readonly name = 'FilesystemMismatch';
}

/** Whether it is a FilesystemMismatch, or an error of one. */
export function isFilesystemMismatch(error: unknown): boolean {
  if (error instanceof FilesystemMismatch) return true;
  return error instanceof Error && isFilesystemMismatch(error.cause);
}

/** Runs a step; a failure names it. */
export async function inStep<Result>(step: VolumeStep, run: () => Promise<Result>): Promise<Result> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof VolumeWait || error instanceof VolumeRefusal) throw error;
    throw new VolumeStepError(step, error);
  }
}

/** Mounts a persistent volume: a failure names it, and its step. */
export async function mountingPersistent<Result>(
  volume: string,
  run: () => Promise<Result>,
): Promise<Result> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof VolumeWait || error instanceof VolumeRefusal) throw error;
    const step = error instanceof VolumeStepError ? error.step : 'SetUp';
    throw new VolumeStepError(step, error, volume);
  }
}
