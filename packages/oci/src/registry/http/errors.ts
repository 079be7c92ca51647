/** The reason of a RegistryError; callers map it to their own status codes. */
export type RegistryErrorCode =
  | 'not-found'
  | 'unauthorized'
  | 'too-many-requests'
  | 'unavailable'
  | 'invalid-content'
  | 'refused';

/** A registry, mirror or token server responded with an error. */
export class RegistryError extends Error {
  override readonly name = 'RegistryError';
  readonly code: RegistryErrorCode;

  constructor(code: RegistryErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
