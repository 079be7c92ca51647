// `crictl inspecti`: the status of images.
import type { ImageStatusResponse } from '@berth/cri/generated/api.ts';
import { toProtoJson } from '@berth/cri/json/proto-json.ts';
import { defineCommand } from '../app/command.ts';
import { within } from '../errors/within.ts';
import { imageFilterFlag, listImages } from '../filters/images.ts';
import { namedOrListed } from '../lookup/ids.ts';
import { imageStatus } from '../lookup/images.ts';
import { humanSize } from '../output/human.ts';
import { goMap } from '../output/maps.ts';
import { print } from '../output/print.ts';
import { formatFlags, formatStatuses, type StatusDocument } from '../output/status.ts';

export const inspecti = defineCommand({
  argsUsage: 'IMAGE-ID [IMAGE-ID...]',
  flags: {
    ...formatFlags,
    quiet: { type: 'boolean', aliases: ['q'], usage: 'Omit verbose information' },
    name: { type: 'string', usage: 'Only images with this name' },
    filter: imageFilterFlag,
  },
  async run({ app, flags, args, showHelp }) {
    const ids = await namedOrListed(app, args, () =>
      within('listing images', () => listImages(app, flags.name, flags.filter)),
    );
    if (ids.length === 0) return showHelp();
    const documents: StatusDocument[] = [];
    for (const id of ids) {
      const answer = await within(`image status for "${id}" request`, () =>
        imageStatus(app, id, !flags.quiet),
      );
      if (answer.image === undefined) throw new Error(`no such image "${id}" present`);
      if (flags.output === 'table') print(tableLines(answer, !flags.quiet));
      const status = toProtoJson('Image', answer.image, { unsetMessages: 'omit' });
      documents.push({ status, info: answer.info });
    }
    if (flags.output !== 'table') print(await formatStatuses(documents, flags));
  },
});

function tableLines({ image, info }: ImageStatusResponse, verbose: boolean): string {
  const lines = [`ID: ${image?.id ?? ''}`];
  lines.push(...(image?.repoTags ?? []).map((tag) => `Tag: ${tag}`));
  lines.push(...(image?.repoDigests ?? []).map((digest) => `Digest: ${digest}`));
  lines.push(`Size: ${humanSize(image?.size ?? 0n)}`);
  if (verbose) lines.push(`Info: ${goMap(info)}`);
  return `${lines.join('\n')}\n`;
}
