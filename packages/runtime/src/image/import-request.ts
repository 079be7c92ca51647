import type { IncomingMessage } from 'node:http';
import { isAbsolute } from 'node:path';
import { readJsonBody } from './request-body.ts';

/** The parameters of an import request. */
export interface ImportRequestBody {
  /** An absolute path on this machine, or the bytes of a tar. */
  archive: string | AsyncIterable<Buffer>;
  names: string[] | undefined;
}

/** Reads an import request, whose body is JSON that names a path, or a tar. */
export async function readImportRequest(
  request: IncomingMessage,
  query: URLSearchParams,
): Promise<ImportRequestBody> {
  const type = request.headers['content-type']?.split(';')[0]?.trim() ?? '';
  if (['application/x-tar', 'application/octet-stream'].includes(type)) {
    const names = query.getAll('name');
    // The end of the reading must not be the end of the connection: an error is still to be answered.
    const archive = request.iterator({ destroyOnReturn: false });
    return { archive, names: names.length > 0 ? names : undefined };
  }
  const json = await readJsonBody(request, ['path', 'names']);
  const archive = json.field('path').string();
  if (!isAbsolute(archive)) throw json.field('path').error('expected an absolute path');
  return { archive, names: json.field('names').optional((it) => it.strings()) };
}
