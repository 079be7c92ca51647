// `berth image save`: writes images to an archive.
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { plainMessage } from '@berth/common/errno-text.ts';
import type { ArchiveFormat } from '@berth/oci/archive/export.ts';
import { UserError } from '../errors/user-error.ts';
import { requestBerthd } from '../images/berthd.ts';
import type { NodeLayout } from '../node/layout.ts';

type Place = Pick<NodeLayout, 'socket'>;

export interface SaveOptions {
  /** Path of the archive; standard output without it. */
  readonly output?: string;
  readonly format: ArchiveFormat;
}

/**
 * Writes images to one archive, a tar. A file appears only when it is complete.
 * @throws UserError when an image is not in the store, or the archive cannot be written
 */
export async function saveImages(
  { socket }: Place,
  images: readonly string[],
  { output, format }: SaveOptions,
): Promise<void> {
  if (output === undefined && process.stdout.isTTY)
    throw new UserError(
      'an archive is no text for a terminal: give a file with -o FILE, or redirect the output',
    );
  const query = new URLSearchParams([...images.map((image) => ['image', image]), ['format', format]]);
  const archive = await requestBerthd(socket, { path: `/images/export?${query}` });
  if (output === undefined) {
    await pipeline(archive, process.stdout);
    return;
  }
  const path = resolve(output);
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await pipeline(archive, createWriteStream(temporary, { flags: 'wx', mode: 0o600 }));
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw new UserError(`${output} was not written: ${plainMessage(error)}`, { cause: error });
  }
}
