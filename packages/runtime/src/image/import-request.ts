import type { IncomingMessage } from 'node:http';
import { isAbsolute } from 'node:path';
import { JsonCursor, MalformedDocumentError } from '@berth/common/json/cursor.ts';

/** The parameters of an import request. */
export interface ImportRequestBody {
  /** An absolute path on this machine, or the bytes of a tar. */
  archive: string | AsyncIterable<Buffer>;
  names: string[] | undefined;
}

const maxBody = 64 * 1024;
const fields = ['path', 'names'];

/** Reads an import request, whose body is JSON that names a path, or a tar. */
export async function readImportRequest(
  request: IncomingMessage,
  query: URLSearchParams,
): Promise<ImportRequestBody> {
  const type = request.headers['content-type']?.split(';')[0]?.trim() ?? '';
  if (['application/x-tar', 'application/octet-stream'].includes(type)) {
    const names = query.getAll('name');
    return { archive: request, names: names.length > 0 ? names : undefined };
  }
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > maxBody)
      throw new MalformedDocumentError(`request: larger than ${maxBody} bytes; is it a tar?`);
    chunks.push(chunk);
  }
  return parseImportRequest(Buffer.concat(chunks));
}

/** Reads the JSON form. Throws MalformedDocumentError naming the field. */
function parseImportRequest(content: Buffer): { archive: string; names: string[] | undefined } {
  const json = JsonCursor.parse(content, 'request');
  for (const name of Object.keys(json.record())) {
    if (!fields.includes(name)) throw json.field(name).error('unknown field; known are path and names');
  }
  const archive = json.field('path').string();
  if (!isAbsolute(archive)) throw json.field('path').error('expected an absolute path');
  return { archive, names: json.field('names').optional((it) => it.strings()) };
}
