// The error of a failed pull: its text, and the code that the runtime maps to a gRPC code.
import { messageOf } from '@berth/common/error-message.ts';
import { printable, quoted } from '@berth/common/printable.ts';
import { ConnectionError } from '@berth/http/connection-error.ts';
import { DigestMismatchError } from '../image-spec/digest.ts';
import { NoMatchingPlatformError } from '../image-spec/manifest.ts';
import { RegistryError, type RegistryErrorCode } from './http/errors.ts';

/** A pull failed; `cause` is the reason. */
export class PullError extends Error {
  override readonly name = 'PullError';
  readonly code: RegistryErrorCode;

  /** @param passedOver ignored parts of the host configuration: a possible cause of the failure */
  constructor(reference: string, cause: unknown, passedOver: readonly string[] = []) {
    const problem = printable(messageOf(cause));
    super(`failed to pull ${quoted(reference, 500)}: ${[problem, ...passedOver].join('; ')}`, { cause });
    this.code = codeOf(cause);
  }
}

function codeOf(cause: unknown): RegistryErrorCode {
  if (cause instanceof RegistryError) return cause.code;
  if (cause instanceof ConnectionError) return 'unavailable';
  if (cause instanceof NoMatchingPlatformError) return 'not-found';
  return cause instanceof DigestMismatchError ? 'invalid-content' : 'refused';
}
