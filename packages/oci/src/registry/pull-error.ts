import { printable, quoted } from '@berth/linux/printable.ts';
import { DigestMismatchError } from '../digest.ts';
import { NoMatchingPlatformError } from '../manifest.ts';
import { RegistryError, type RegistryErrorCode } from './errors.ts';
import { ConnectionError } from './http.ts';

/** An image could not be pulled; `cause` is the failure itself. */
export class PullError extends Error {
  override readonly name = 'PullError';
  readonly code: RegistryErrorCode;

  constructor(reference: string, cause: unknown) {
    super(
      `failed to pull ${quoted(reference, 500)}: ${printable(cause instanceof Error ? cause.message : String(cause))}`,
      { cause },
    );
    this.code = codeOf(cause);
  }
}

function codeOf(cause: unknown): RegistryErrorCode {
  if (cause instanceof RegistryError) return cause.code;
  if (cause instanceof ConnectionError) return 'unavailable';
  if (cause instanceof NoMatchingPlatformError) return 'not-found';
  return cause instanceof DigestMismatchError ? 'invalid-content' : 'refused';
}
