/** The connection failed, as opposed to the server answering with an error. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
  /** Node's error code, as ECONNREFUSED. */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  /** Whether the same request may well succeed a moment later. */
  get isTransient(): boolean {
    return transientCodes.includes(this.code);
  }
}

/** Codes of failures that may pass. */
export const transientCodes = ['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EAI_AGAIN', 'ECONNABORTED'];
