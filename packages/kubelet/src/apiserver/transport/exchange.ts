// One request and its answer, whichever version of HTTP carries them.
import type { Readable } from 'node:stream';

export interface HttpRequest {
  method: string;
  /** With the query. */
  path: string;
  /** Lower-case names. */
  headers: Readonly<Record<string, string | string[]>>;
  body?: Buffer | undefined;
  signal: AbortSignal;
  /** Whether the answer goes on for minutes (a watch): it ends when the credentials change. */
  isLong: boolean;
}

export interface HttpResponse {
  code: number;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: Readable;
  /** Whether the body has arrived as a whole, once it has ended: HTTP/2 ends it without an error. */
  isComplete(): boolean;
}

/** The server has not begun to work on a request, which may be sent again. */
export class UnprocessedError extends Error {
  override name = 'UnprocessedError';
}

/** A connection, or several, of one version of HTTP. */
export interface HttpConnection {
  /** Whether another request can be sent. */
  isUsable(): boolean;
  /** Whether no request can be sent ever again. */
  hasEnded(): boolean;
  /** Resolves with the headers of the answer. The caller reads or destroys its body. */
  send(request: HttpRequest): Promise<HttpResponse>;
  /** Ends long answers now, the connection when the other answers are complete. */
  retire(): void;
  /** Fails everything under way. */
  destroy(error: Error): void;
}
