// The table of `berth image ls`.
import type { CriClient } from '@berth/cri/client/client.ts';
import { formatTable } from '../terminal/table.ts';

/** The table of the images in the runtime's store; with `quiet` only their ids. */
export async function imageTable(client: CriClient, { quiet = false } = {}): Promise<string> {
  const { images } = await client.image.listImages({});
  if (quiet) return images.map(({ id }) => id).join('\n');
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
