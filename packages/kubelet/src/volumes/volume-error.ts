import { messageOf } from '@berth/common/error-message.ts';
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

/** What comes before the volume is set up in the pod's folder, in the words of the real kubelet's events. */
export type VolumeStep = 'NewMounter initialization' | 'WaitForAttach' | 'MountDevice';

/** A volume could not be made, in a step before SetUp. */
export class VolumeStepError extends Error {
  override readonly name = 'VolumeStepError';
  readonly step: VolumeStep;

  constructor(step: VolumeStep, cause: unknown) {
    super(messageOf(cause), { cause });
    this.step = step;
  }
}

/** Runs a step before SetUp; a failure names it. */
export async function inStep<Result>(step: VolumeStep, run: () => Promise<Result>): Promise<Result> {
  try {
    return await run();
  } catch (error) {
    throw new VolumeStepError(step, error);
  }
}
