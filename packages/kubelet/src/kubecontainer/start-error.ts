// Why a container could not be started: what its status shows as `waiting` until the next attempt.

/** Reasons as users know them from `kubectl get pods`. */
export type StartFailureReason =
  | 'InvalidImageName'
  | 'ImageInspectError'
  | 'ErrImageNeverPull'
  | 'ErrImagePull'
  | 'ImagePullBackOff'
  | 'RegistryUnavailable'
  | 'SignatureValidationFailed'
  | 'CreateContainerConfigError'
  | 'CreateContainerError'
  | 'RunContainerError'
  | 'PostStartHookError'
  | 'CrashLoopBackOff'
  | 'ContainerCreating';

/** Why the last attempt to start a container failed: the `waiting` state of its status. */
export interface StartFailure {
  reason: StartFailureReason;
  message: string;
}

/** A container start that failed. `retryAt` says when another attempt makes sense, if that is known. */
export class StartError extends Error {
  override readonly name = 'StartError';
  readonly reason: StartFailureReason;
  /** Milliseconds since the epoch. */
  readonly retryAt: number | undefined;

  constructor(
    reason: StartFailureReason,
    message: string,
    options: { retryAt?: number; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.reason = reason;
    this.retryAt = options.retryAt;
  }
}
