// Reads the bodies of requests to berthd's own HTTP endpoints for images.
import type { IncomingMessage } from 'node:http';
import { JsonCursor, MalformedDocumentError } from '@berth/common/json/cursor.ts';

const maxBody = 64 * 1024;

/**
 * Reads the JSON body of a request, an object that has only these fields.
 * @throws MalformedDocumentError that names the field
 */
export async function readJsonBody(request: IncomingMessage, fields: readonly string[]): Promise<JsonCursor> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > maxBody)
      throw new MalformedDocumentError(`request: larger than ${maxBody} bytes; is it a tar?`);
    chunks.push(chunk);
  }
  const json = JsonCursor.parse(Buffer.concat(chunks), 'request');
  for (const name of Object.keys(json.record())) {
    if (!fields.includes(name))
      throw json.field(name).error(`unknown field; known are ${fields.join(' and ')}`);
  }
  return json;
}
