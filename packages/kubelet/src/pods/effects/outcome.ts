// How a step went, as plain data: `fold` decides what follows from it.
import type { RuntimeContainer, RuntimeSandbox } from '../../kubecontainer/runtime-status.ts';
import type { StartFailure } from '../../kubecontainer/start-error.ts';
import type { Prepared } from './view.ts';

/** What came of a step. */
export type Outcome =
  | ({ result: 'prepared' } & Prepared)
  /** The runtime changed in a way that the view does not show. */
  | { result: 'runtime-changed' }
  | { result: 'sandbox-created'; sandbox: RuntimeSandbox }
  /** `container` is undefined when it was gone again before it could be read. */
  | { result: 'container-started'; name: string; container: RuntimeContainer | undefined }
  /** `retryAt`: when another attempt makes sense, in milliseconds since the epoch, if that is known. */
  | { result: 'container-failed'; name: string; failure: StartFailure; retryAt: number | undefined }
  | { result: 'backs-off'; name: string; failure: StartFailure; until: number }
  /** The pod as a whole cannot come up now. */
  | { result: 'pod-failed'; message: string }
  /** The pod shall end: what the step was about to do was given up. */
  | { result: 'aborted' };
