import type { IncomingMessage } from 'node:http';
import { RegistryError } from './errors.ts';

/**
 * Reads a whole response into memory. Throws above `limit` bytes; `what` names the content in the error. Awaits `admit`
 * before it holds bytes.
 */
export async function readBody(
  response: IncomingMessage,
  limit: number,
  what: string,
  admit?: (bytes: number) => Promise<void>,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    size += chunk.length;
    if (size > limit) {
      response.destroy();
      throw new RegistryError('invalid-content', `${what} is larger than the limit of ${limit} bytes`);
    }
    await admit?.(chunk.length);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
