// Writes images as an archive to a client of `GET /images/export`.
import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Semaphore } from '@berth/common/semaphore.ts';
import {
  type ArchiveFormat,
  archiveFormats,
  type ExportedImage,
  exportArchive,
} from '@berth/oci/archive/export.ts';
import { invalid, wrongState } from '../rpc/errors.ts';
import { findImage, fullName, repoNames } from './names.ts';
import type { ImageService } from './service.ts';
import { noSuchImage } from './tag.ts';

/** Limits how many archives are written concurrently: each reads layers as fast as it can. */
const exporting = new Semaphore(2);

/** A client that takes nothing for so long is disconnected: no image is cleaned up meanwhile. */
const stalledAfterMs = 300_000;

const maxImages = 1000;

/** Answers with a tar of the images that the query names: `image=…` for each, and `format=…`. */
export async function sendArchive(
  service: ImageService,
  query: URLSearchParams,
  response: ServerResponse,
): Promise<void> {
  const format = formatOf(query.get('format') ?? 'oci-archive');
  const wanted = query.getAll('image');
  if (wanted.length === 0 || wanted.length > maxImages)
    throw invalid('image', `expected 1 to ${maxImages} images`);
  const gone = new AbortController();
  response.on('close', () => gone.abort(new Error('the client hung up')));
  const { signal } = gone;
  const send = async () => {
    const onMeasured = () => {
      response.setTimeout(stalledAfterMs, () => response.destroy());
      response.writeHead(200, { 'content-type': 'application/x-tar', connection: 'close' });
    };
    const pieces = exportArchive(imagesOf(service, wanted), format, { signal, onMeasured });
    await pipeline(Readable.from(pieces), response);
  };
  await exporting
    .run(() => service.gate.run(send), signal)
    .catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
}

function formatOf(text: string): ArchiveFormat {
  const format = archiveFormats.find((each) => each === text);
  if (format === undefined) throw invalid('format', `expected ${archiveFormats.join(' or ')}`);
  return format;
}

/** The images with the tags that were asked for; an image that was asked for by its id keeps all of its tags. */
function imagesOf(service: ImageService, wanted: readonly string[]): ExportedImage[] {
  const { records } = service;
  const found = new Map<string, { image: NonNullable<ReturnType<typeof findImage>>; names: Set<string> }>();
  for (const text of wanted) {
    const image = findImage(records, text);
    if (!image) throw noSuchImage(text);
    const { repoTags } = repoNames(records.names(image.id));
    const name = fullName(text) ?? '';
    const entry = found.get(image.id) ?? { image, names: new Set<string>() };
    for (const tag of repoTags.includes(name) ? [name] : repoTags) entry.names.add(tag);
    found.set(image.id, entry);
  }
  return [...found.values()].map(({ image, names }) => {
    if (records.config(image.id).artifactType !== undefined)
      throw wrongState(`${image.id} is an OCI artifact, whose files have no layers to export`);
    const layers = image.layers.map((chainId) => {
      const path = service.layers.path(chainId);
      if (path === undefined)
        throw wrongState(`layer ${chainId} is missing: ${service.layers.repair(chainId)}`);
      return path;
    });
    return { names: [...names], configText: records.configText(image.id), layers };
  });
}
