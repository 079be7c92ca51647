import { messageOf } from '@berth/common/error-message.ts';
import type { CriClient } from '@berth/cri/client/client.ts';
import type { ImportAnswer } from '@berth/runtime/image/import.ts';
import { UserError } from '../errors/user-error.ts';
import { http } from '../node/http.ts';
import { formatTable } from '../pods/table.ts';

/**
 * Loads the images of an archive into the runtime's store, by berthd's HTTP endpoint beside the CRI.
 * @param path an OCI layout (directory or tar) or an archive of `docker save`
 * @returns the names of the images, or the id of one without a name
 * @throws UserError with the runtime's own words
 */
export async function importImages(socket: string, path: string): Promise<string[]> {
  const { status, body } = await http(
    { socketPath: socket },
    {
      method: 'POST',
      path: '/images/import',
      body: { path },
    },
  ).catch((error) => {
    throw new UserError(
      `the runtime does not answer at ${socket}: ${messageOf(error)}; start it with: berth up`,
    );
  });
  if (status === 404)
    throw new UserError(`the runtime at ${socket} is not berthd: it cannot load images from files`);
  if (status !== 200) throw new UserError(`${path}: ${body.trim() || `the runtime answered ${status}`}`);
  return importedNames(body);
}

/** The table of the images in the runtime's store. */
export async function imageTable(client: CriClient): Promise<string> {
  const { images } = await client.image.listImages({});
  const rows = images.flatMap(({ id, repoTags, repoDigests, size }) => {
    const names = repoTags.length > 0 ? repoTags : [repoDigests[0]?.replace(/@.*/, '@<none>') ?? '<none>'];
    return names.map((name) => [name, id.replace(/^sha256:/, '').slice(0, 13), formatSize(size)]);
  });
  return formatTable([['IMAGE', 'ID', 'SIZE'], ...rows.sort(([a = ''], [b = '']) => (a < b ? -1 : 1))]);
}

/** Bytes with a decimal unit and three digits. */
export function formatSize(bytes: bigint): string {
  let value = Number(bytes);
  for (const unit of ['B', 'kB', 'MB', 'GB']) {
    if (value < 1000) return `${value < 10 && unit !== 'B' ? value.toFixed(1) : Math.round(value)} ${unit}`;
    value /= 1000;
  }
  return `${value.toFixed(1)} TB`;
}

/** The names in berthd's answer, which is a line of JSON for each image. */
function importedNames(answer: string): string[] {
  const lines = answer.split('\n').filter((line) => line !== '');
  return lines.flatMap((line) => {
    // From a daemon of ours, whose ImportAnswer this is.
    const { id, names } = JSON.parse(line) as ImportAnswer;
    return names.length > 0 ? names : [id];
  });
}
