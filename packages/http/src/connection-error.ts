/** The connection failed, in contrast to an error response. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
  /** Node's error code, as ECONNREFUSED. */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  /** Whether a retry of the request may succeed. */
  get isTransient(): boolean {
    return transientCodes.includes(this.code);
  }
}

/** Codes of temporary failures. */
export const transientCodes = ['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EAI_AGAIN', 'ECONNABORTED'];
