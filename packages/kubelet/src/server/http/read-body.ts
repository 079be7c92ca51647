// Reads the body of a request, up to a limit.
import type { IncomingMessage } from 'node:http';

/** The body as text; undefined when it is larger than `maxBytes`. Rejects when the client disconnects. */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
