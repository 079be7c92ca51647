// Holds Exec, Attach and PortForward requests between the CRI call and the connection of the client.
import { randomBytes } from 'node:crypto';

/** An error with the gRPC code for the CRI response. */
export class StreamingRequestError extends Error {
  override readonly name = 'StreamingRequestError';
  readonly criCode: 'INVALID_ARGUMENT' | 'RESOURCE_EXHAUSTED';

  constructor(criCode: 'INVALID_ARGUMENT' | 'RESOURCE_EXHAUSTED', message: string) {
    super(message);
    this.criCode = criCode;
  }
}

/** Requests whose client has not connected yet, by one-time tokens that expire. */
export class RequestCache<Request> {
  readonly #requests = new Map<string, { request: Request; expires: number; bytes: number }>();
  readonly #ttlMs: number;
  readonly #max: number;
  readonly #maxBytes: number;
  #bytes = 0;
  readonly #now: () => number;

  /** At most `max` requests, and `maxBytes` as the sum of their sizes. */
  constructor(options: { ttlMs: number; max: number; maxBytes: number; now?: () => number }) {
    this.#ttlMs = options.ttlMs;
    this.#max = options.max;
    this.#maxBytes = options.maxBytes;
    this.#now = options.now ?? (() => performance.now());
  }

  /** A new token of 8 base64url characters. */
  insert(request: Request, bytes: number): string {
    this.#dropExpired();
    if (this.#requests.size >= this.#max || this.#bytes + bytes > this.#maxBytes)
      throw new StreamingRequestError('RESOURCE_EXHAUSTED', 'maximum number of in-flight requests exceeded');
    let token: string;
    do token = randomBytes(6).toString('base64url');
    while (this.#requests.has(token));
    this.#requests.set(token, { request, expires: this.#now() + this.#ttlMs, bytes });
    this.#bytes += bytes;
    return token;
  }

  /** Takes the request of a token; undefined when it is unknown, used or expired. */
  consume(token: string): Request | undefined {
    const found = this.#requests.get(token);
    if (found === undefined) return undefined;
    this.#delete(token, found.bytes);
    return this.#now() > found.expires ? undefined : found.request;
  }

  #dropExpired(): void {
    const now = this.#now();
    for (const [token, { expires, bytes }] of this.#requests) {
      if (expires >= now) return;
      this.#delete(token, bytes);
    }
  }

  #delete(token: string, bytes: number): void {
    this.#requests.delete(token);
    this.#bytes -= bytes;
  }
}
