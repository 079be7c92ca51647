// Imports images from an archive, over HTTP: `POST /images/import` on berthd's socket.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { finished } from 'node:stream/promises';
import { messageOf } from '@berth/common/error-message.ts';
import { MalformedDocumentError } from '@berth/common/json/cursor.ts';
import { printable } from '@berth/common/printable.ts';
import { Semaphore } from '@berth/common/semaphore.ts';
import { answer, type Route } from '@berth/http/routes.ts';
import { importArchive } from '@berth/oci/archive/import.ts';
import type { ImportedImage } from '@berth/oci/archive/imported-image.ts';
import { ArchiveError } from '@berth/oci/archive/source.ts';
import { LayerError } from '@berth/oci/layers/layer-error.ts';
import { addImage } from './add.ts';
import { readImportRequest } from './import-request.ts';
import { namesFor } from './names.ts';
import type { ImageService } from './service.ts';
import { ImageSizeError, ImageUnpacking, maxImageBytesSetting } from './unpack.ts';

/** One imported image: a line of the response. */
export interface ImportAnswer {
  id: string;
  /** Full names with tags; empty when the archive has no name for the image. */
  names: string[];
  digest: string;
}

/** How long a client may take to see an error while it sends. */
const lingerMs = 5_000;

/** Limits how many archives are read concurrently: each needs buffers and an index of its files. */
const importing = new Semaphore(4);

/**
 * Imports the images of an archive and unpacks them.
 * @param archive a path on this machine, or the bytes of a tar
 * @param names names for the image, instead of those in the archive
 */
export async function importImages(
  service: ImageService,
  archive: string | AsyncIterable<Buffer>,
  names: string[] | undefined,
  signal: AbortSignal,
): Promise<ImportAnswer[]> {
  return importing.run(
    () =>
      service.gate.run(async () => {
        const images = await importArchive({
          archive,
          store: service.content,
          ...(names && { names }),
          limit: { bytes: service.settings.limits.maxImageBytes, setting: maxImageBytesSetting },
          signal,
        });
        const answers = [];
        for (const image of images) answers.push(await unpackAndAdd(service, image, signal));
        return answers;
      }),
    signal,
  );
}

async function unpackAndAdd(
  service: ImageService,
  image: ImportedImage,
  signal: AbortSignal,
): Promise<ImportAnswer> {
  const { layers, references, digest, configDigest } = image;
  const unpacking = new ImageUnpacking(service, image);
  const failure = new AbortController();
  const either = AbortSignal.any([signal, failure.signal]);
  const unpack = (layer: (typeof layers)[number]) =>
    unpacking.unpack(layer, either).catch((error) => {
      failure.abort(error);
      throw error;
    });
  await Promise.allSettled(layers.map(unpack));
  either.throwIfAborted();
  const names = [...new Set(references.flatMap((reference) => namesFor(reference, digest)))];
  await addImage(service, image, names);
  service.log.info(`Imported image: ${names[0] ?? configDigest}`, { image: configDigest });
  return { id: configDigest, digest, names: names.filter((name) => !name.includes('@')) };
}

/**
 * The HTTP endpoint `POST /images/import` with `{"path": "/file/or/dir", "names": […]}`, or with the bytes of a tar
 * (`content-type: application/x-tar`, `?name=…` for each name). Answers 200 with a line of JSON for each image, or
 * 400 or 500 with the error as text.
 */
export function importRoute(service: ImageService): Route {
  return (request, response, url) => {
    if (request.method !== 'POST') return answer(response, 405, 'use POST\n');
    return serveImport(service, request, response, url.searchParams);
  };
}

async function serveImport(
  service: ImageService,
  request: IncomingMessage,
  response: ServerResponse,
  query: URLSearchParams,
): Promise<void> {
  const gone = new AbortController();
  response.on('close', () => gone.abort(new Error('the client hung up')));
  try {
    const { archive, names } = await readImportRequest(request, query);
    const images = await importImages(service, archive, names, gone.signal);
    answer(
      response,
      200,
      images.map((image) => `${JSON.stringify(image)}\n`).join(''),
      'application/jsonl; charset=utf-8',
    );
  } catch (error) {
    const problem = printable(messageOf(error));
    if (!gone.signal.aborted) service.log.error(`Importing images failed: ${problem}`);
    const isTheirs =
      error instanceof ArchiveError ||
      error instanceof LayerError ||
      error instanceof ImageSizeError ||
      error instanceof MalformedDocumentError;
    await refuse(request, response, isTheirs ? 400 : 500, `${problem}\n`);
  }
}

/**
 * Answers with an error. A client that still sends its tar sees the answer before the connection ends: what it sends is
 * read and dropped, for some time.
 */
async function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  text: string,
): Promise<void> {
  const headers = { 'content-type': 'text/plain; charset=utf-8', 'content-length': Buffer.byteLength(text) };
  response.writeHead(status, { ...headers, connection: 'close' }).write(text);
  await finished(request.resume(), { signal: AbortSignal.timeout(lingerMs) }).catch(() => {});
  response.end();
  request.destroy();
}
