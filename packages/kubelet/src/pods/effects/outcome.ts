// The outcome of a step as plain data; fold.ts applies it to the view.
import type { ActuatedSizes } from '../../cgroups/sizes.ts';
import type { RuntimeContainer, RuntimeSandbox } from '../../kubecontainer/runtime-status.ts';
import type { StartFailure } from '../../kubecontainer/start-error.ts';
import type { Prepared } from './view.ts';

/** The result of a step. */
export type Outcome =
  | ({ result: 'prepared' } & Prepared)
  /** The runtime changed in a way that the view does not show. */
  | { result: 'runtime-changed' }
  | { result: 'sandbox-created'; sandbox: RuntimeSandbox }
  /** `container` is undefined when it was removed before it could be read. */
  | { result: 'container-started'; name: string; container: RuntimeContainer | undefined }
  /** `retryAt`: time of the next attempt in milliseconds since the epoch, if known. */
  | { result: 'container-failed'; name: string; failure: StartFailure; retryAt: number | undefined }
  | { result: 'backs-off'; name: string; failure: StartFailure; until: number }
  /** The whole pod cannot start now. `retryAt`: as of a container. */
  | { result: 'pod-failed'; message: string; retryAt?: number }
  /** `actuated`: the sizes that the pod's cgroups have now; `error`: why they are not yet all as wanted. */
  | { result: 'pod-resized'; actuated: ActuatedSizes; error: string | undefined }
  /** The step was aborted, because the pod must end. */
  | { result: 'aborted' };
