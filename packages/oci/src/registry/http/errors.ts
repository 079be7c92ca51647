/** Why a registry did not give what was asked for; a caller maps it to its own status codes. */
export type RegistryErrorCode =
  | 'not-found'
  | 'unauthorized'
  | 'too-many-requests'
  | 'unavailable'
  | 'invalid-content'
  | 'refused';

/** A registry, mirror or token server did not give what was asked for. */
export class RegistryError extends Error {
  override readonly name = 'RegistryError';
  readonly code: RegistryErrorCode;

  constructor(code: RegistryErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
