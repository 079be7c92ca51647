// HTTP over node:http: the first use of fetch() costs 50 ms, a third of `berth status`.
import { type IncomingMessage, request } from 'node:http';
import { pipeline, type Readable } from 'node:stream';

export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

/** A server on a Unix socket, or by its address. */
export type HttpServer = { readonly socketPath: string } | { readonly host: string; readonly port: number };

export interface HttpRequest {
  readonly method?: 'GET' | 'POST';
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: object;
  /** Sent as a tar, in place of a body. */
  readonly tar?: Readable;
  /** Timeout in milliseconds; default: none. */
  readonly timeoutMs?: number;
}

/** Maximum size of a response: a pod may send without end. */
const maxBodyBytes = 64 * 1024 * 1024;

/**
 * Sends one request on a new connection.
 * @throws the error of the connection, or a TimeoutError
 */
export async function http(server: HttpServer, request: HttpRequest): Promise<HttpAnswer> {
  const response = await httpStream(server, request);
  return { status: response.statusCode ?? 0, body: await bodyOf(response) };
}

/** The body of an answer. Throws when it is too large or the connection breaks. */
export async function bodyOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    bytes += chunk.length;
    if (bytes > maxBodyBytes) throw new Error(`the answer is larger than ${maxBodyBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** As http, but resolves with the answer's head; its body is a stream. */
export function httpStream(
  server: HttpServer,
  { method = 'GET', path, body, tar, timeoutMs }: HttpRequest,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const call = request({
      ...server,
      method,
      path,
      headers: {
        ...(text !== undefined && {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(text),
        }),
        ...(tar && { 'content-type': 'application/x-tar' }),
      },
      ...(timeoutMs === undefined ? {} : { signal: AbortSignal.timeout(timeoutMs) }),
    });
    call.on('error', reject);
    call.on('response', resolve);
    if (tar === undefined) call.end(text);
    // An answer that comes first is an error, which the caller is given; then the connection breaks.
    else pipeline(tar, call, (error) => error && reject(error));
  });
}
