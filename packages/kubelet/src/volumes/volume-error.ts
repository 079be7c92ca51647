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
