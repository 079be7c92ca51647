// The steps of giving a pod a block device, as the real kubelet names them when one fails.
import { MapError, VolumeWait } from '../volume-error.ts';

/** Runs a step, e.g. `SetUpDevice`, of mapping a persistent volume. Throws a MapError, or the VolumeWait of the step. */
export async function mapStep<Result>(
  step: string,
  volume: string,
  run: () => Promise<Result>,
): Promise<Result> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof VolumeWait || error instanceof MapError) throw error;
    throw new MapError(`${step} failed`, volume, error);
  }
}
