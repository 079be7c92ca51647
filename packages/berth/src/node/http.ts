// HTTP over node:http: the first use of fetch() costs 50 ms, a third of `berth status`.
import { request } from 'node:http';

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
  /** Timeout in milliseconds; default: none. */
  readonly timeoutMs?: number;
}

/** Maximum size of a response: a pod may send without end. */
const maxBodyBytes = 64 * 1024 * 1024;

/**
 * Sends one request on a new connection.
 * @throws the error of the connection, or a TimeoutError
 */
export function http(
  server: HttpServer,
  { method = 'GET', path, body, timeoutMs }: HttpRequest,
): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const call = request({
      ...server,
      method,
      path,
      headers:
        text === undefined
          ? {}
          : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) },
      ...(timeoutMs === undefined ? {} : { signal: AbortSignal.timeout(timeoutMs) }),
    });
    call.on('error', reject);
    call.on('response', (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > maxBodyBytes) call.destroy(new Error(`the answer is larger than ${maxBodyBytes} bytes`));
        else chunks.push(chunk);
      });
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }),
      );
    });
    call.end(text);
  });
}
