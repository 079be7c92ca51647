// /logs/: the files of /var/log, as Go's file server serves them.
import { closeSync, type Stats } from 'node:fs';
import { type FileHandle, open, opendir, realpath } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { hasCode } from '@berth/common/error-code.ts';
import { O_PATH } from '@berth/common/files/open-flags.ts';
import { openRegularFile } from '@berth/common/files/regular-file.ts';
import { openBeneath, openWithoutLinks } from '@berth/linux/files/safe-path.ts';
import { respond, respondError } from '../http/respond.ts';
import type { Route, RouteHandler, RouteTarget } from '../http/routes.ts';
import { byteRange, directoryPage, looksLikeText } from './file-answer.ts';

/** Maximum number of entries of a folder that are listed. */
const maxEntries = 10_000;
/** So many bytes tell whether a file is text. */
const sniffedBytes = 512;

/** Serves `folder`. Links are followed within it, and nothing but folders and regular files is opened. */
export function systemLogsRoutes(folder: string, query?: RouteHandler): Route[] {
  const handler: RouteHandler = async (request, response, target) => {
    if (query !== undefined && target.query.size > 0) await query(request, response, target);
    else await serveFile(folder, target.params['path'] ?? '', request, response, target);
  };
  return [
    { methods: ['GET'], path: '/logs/', root: '/logs/', handler },
    { methods: ['GET'], path: '/logs/{path:*}', root: '/logs/', handler },
  ];
}

/** Serves one file or folder below `folder`. */
export async function serveFile(
  folder: string,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
  { path: requested, keepOpen }: Pick<RouteTarget, 'path' | 'keepOpen'>,
): Promise<void> {
  const found = await openFound(folder, path);
  if (found === undefined) return respondError(response, 404, '404 page not found');
  await using file = found.file;
  const { stats } = found;
  response.setHeader('last-modified', new Date(stats.mtimeMs).toUTCString());
  if (stats.isDirectory()) return await serveDirectory(file, path, requested, response);
  if (requested.endsWith('/')) return redirect(response, `../${path.split('/').at(-1)}`);
  const since = Date.parse(request.headers['if-modified-since'] ?? '');
  if (since >= Math.floor(stats.mtimeMs / 1000) * 1000) {
    response.writeHead(304, { connection: 'close' }).end();
    return;
  }
  if (!keepOpen()) return respondError(response, 503, 'too many streams are open; try again later');
  await sendFile(file, stats.size, request.headers.range, response);
}

/** An open file or folder, which the caller closes. */
export interface Found {
  file: FileHandle;
  stats: Stats;
}

/** Opens a path below `folder`; undefined for what does not exist or is not to be served. */
export async function openFound(folder: string, path: string): Promise<Found | undefined> {
  try {
    const descriptor = await resolveBeneath(folder, path);
    try {
      const magic = `/proc/self/fd/${descriptor}`;
      const seen = await open(magic, O_PATH);
      const stats = await seen.stat();
      if (stats.isDirectory()) return { file: seen, stats };
      await seen.close();
      return { file: await openRegularFile(magic), stats };
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return undefined;
  }
}

/** Absolute links, as those of /var/log/containers, lead out by name, though not in fact. */
async function resolveBeneath(folder: string, path: string): Promise<number> {
  const inside = path === '' ? '.' : path;
  try {
    return openBeneath(folder, inside, O_PATH);
  } catch (error) {
    if (!hasCode(error, 'EXDEV')) throw error;
    const real = relative(await realpath(folder), await realpath(join(folder, inside)));
    return openWithoutLinks(folder, real, O_PATH);
  }
}

async function serveDirectory(
  directory: FileHandle,
  path: string,
  requested: string,
  response: ServerResponse,
): Promise<void> {
  if (!requested.endsWith('/')) return redirect(response, `${path.split('/').at(-1)}/`);
  const entries: string[] = [];
  for await (const entry of await opendir(`/proc/self/fd/${directory.fd}`)) {
    entries.push(entry.isDirectory() ? `${entry.name}/` : entry.name);
    if (entries.length === maxEntries) break;
  }
  respond(response, 200, directoryPage(entries), { 'content-type': 'text/html; charset=utf-8' });
}

async function sendFile(
  file: FileHandle,
  size: number,
  range: string | undefined,
  response: ServerResponse,
): Promise<void> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(sniffedBytes), 0, sniffedBytes, 0);
  const isText = looksLikeText(buffer.subarray(0, bytesRead));
  const type = isText ? 'text/plain; charset=utf-8' : 'application/octet-stream';
  const part = byteRange(range, size);
  if (part === 'unsatisfiable') {
    response.setHeader('content-range', `bytes */${size}`);
    return respondError(response, 416, 'invalid range: failed to overlap');
  }
  const { start, end } = part ?? { start: 0, end: size };
  if (part !== undefined) response.setHeader('content-range', `bytes ${start}-${end - 1}/${size}`);
  response.writeHead(part === undefined ? 200 : 206, {
    'content-type': type,
    'content-length': end - start,
    'accept-ranges': 'bytes',
    connection: 'close',
  });
  if (end === start) {
    response.end();
    return;
  }
  // A file that has become shorter cuts the connection: the length was promised.
  await pipeline(file.createReadStream({ start, end: end - 1, autoClose: false }), response);
}

function redirect(response: ServerResponse, location: string): void {
  response.writeHead(301, { location: encodeURI(location), connection: 'close' }).end();
}
