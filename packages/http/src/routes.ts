// The small HTTP router of metrics, profiling, image import and the kubelet's read-only server.
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { messageOf } from '@berth/common/error-message.ts';
import { printable } from '@berth/common/printable.ts';

/** The handler of one path. An error becomes a 500 response. */
export type Route = (request: IncomingMessage, response: ServerResponse, url: URL) => void | Promise<void>;

/**
 * Serves HTTP requests by exact path; other paths are 404. Never throws, whatever the request or a route's error.
 */
export function routes(byPath: Readonly<Record<string, Route>>): RequestListener {
  const known = new Map(Object.entries(byPath));
  return (request, response) => {
    // URL.parse returns null for `//`, where `new URL` throws.
    const url = URL.parse(request.url ?? '/', 'http://localhost');
    const route = url === null ? undefined : known.get(url.pathname);
    if (url === null || route === undefined) {
      answer(response, 404, '404 page not found\n');
      return;
    }
    Promise.try(route, request, response, url).catch((error: unknown) => {
      if (!response.headersSent) answer(response, 500, `${printable(messageOf(error))}\n`);
      else response.destroy();
    });
  };
}

/** Sends a text response and closes the connection. */
export function answer(
  response: ServerResponse,
  status: number,
  body: string,
  type = 'text/plain; charset=utf-8',
): void {
  response
    .writeHead(status, {
      'content-type': type,
      'content-length': Buffer.byteLength(body),
      'x-content-type-options': 'nosniff',
      connection: 'close',
    })
    .end(body);
}
