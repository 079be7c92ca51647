// `crictl imagefsinfo`: the disk usage of images and container layers.
import type { FilesystemUsage, ImageFsInfoResponse } from '@berth/cri/generated/api.ts';
import { toProtoJson } from '@berth/cri/json/proto-json.ts';
import { defineCommand } from '../app/command.ts';
import { within } from '../errors/within.ts';
import { humanSize } from '../output/human.ts';
import { print } from '../output/print.ts';
import { formatFlags, formatStatuses } from '../output/status.ts';

export const imagefsinfo = defineCommand({
  flags: {
    ...formatFlags,
  },
  async run({ app, flags }) {
    const answer = await within('image filesystem info request', async () =>
      (await app.image()).imageFsInfo({}, app.call()),
    );
    const text =
      flags.output === 'table'
        ? tableLines(answer)
        : await formatStatuses(
            [{ status: toProtoJson('ImageFsInfoResponse', answer, { unsetMessages: 'omit' }), info: {} }],
            flags,
          );
    print(text);
  },
});

function tableLines({ containerFilesystems, imageFilesystems }: ImageFsInfoResponse): string {
  const lines = (title: string, filesystems: readonly FilesystemUsage[]) => [
    `${title} Filesystem `,
    ...filesystems.flatMap(({ timestamp, usedBytes, inodesUsed, fsId }, index) => [
      `TimeStamp[${index}]: ${timestamp}`,
      `Disk[${index}]: ${humanSize(usedBytes?.value ?? 0n, 4)}`,
      `Inodes[${index}]: ${inodesUsed?.value ?? 0n}`,
      `Mountpoint[${index}]: ${fsId?.mountpoint ?? ''}`,
    ]),
  ];
  return `${[...lines('Container', containerFilesystems), ...lines('Image', imageFilesystems)].join('\n')}\n`;
}
