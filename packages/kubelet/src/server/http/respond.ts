// Responses in the forms in which the real kubelet's libraries write them.
import type { ServerResponse } from 'node:http';

const plainText = 'text/plain; charset=utf-8';

/** A text as go-restful writes errors: without a line break at the end. */
export function respondText(response: ServerResponse, status: number, text: string): void {
  respond(response, status, text, { 'content-type': plainText });
}

/** An error as Go's http.Error writes it: with a line break at the end. */
export function respondError(response: ServerResponse, status: number, text: string): void {
  respond(response, status, `${text}\n`, { 'content-type': plainText, 'x-content-type-options': 'nosniff' });
}

/** JSON text as the kubelet's own handlers write it. */
export function respondJson(response: ServerResponse, json: string | Uint8Array): void {
  respond(response, 200, json, { 'content-type': 'application/json' });
}

/** A whole response. Headers that were set on `response` before are sent too. */
export function respond(
  response: ServerResponse,
  status: number,
  body: string | Uint8Array,
  headers: Readonly<Record<string, string>>,
): void {
  response
    .writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body), connection: 'close' })
    .end(body);
}
