import type { Image } from '@berth/cri/generated/api.ts';
import { defineCommand } from '../app/command.ts';
import { within } from '../errors/within.ts';
import { imageFilterFlag, listImages, repositoriesAndTags, repositoryAndDigest } from '../filters/images.ts';
import { humanSize, truncateId } from '../output/human.ts';
import { print } from '../output/print.ts';
import { formatTable } from '../output/table.ts';

export const images = defineCommand({
  argsUsage: '[REPOSITORY[:TAG]]',
  flags: {
    verbose: { type: 'boolean', aliases: ['v'], usage: 'Verbose output, one field per line' },
    quiet: { type: 'boolean', aliases: ['q'], usage: 'Print only ids' },
    filter: imageFilterFlag,
    output: { type: 'string', aliases: ['o'], usage: 'Output format: json, yaml or table' },
    digests: { type: 'boolean', usage: 'Show digests' },
    'no-trunc': { type: 'boolean', usage: 'Do not truncate ids' },
    pinned: { type: 'boolean', usage: 'Show whether the image is pinned' },
  },
  async run({ app, flags, args, showHelp }) {
    if (args.length > 1) return showHelp();
    const found = await within('listing images', () => listImages(app, args[0] ?? '', flags.filter));
    // Any other format prints the table, as in the real crictl.
    if (flags.output === 'json' || flags.output === 'yaml') {
      const { formatMessage } = await import('../output/message.ts');
      print(formatMessage('ListImagesResponse', { images: found }, flags.output));
    } else if (flags.quiet) {
      print(found.map(({ id }) => `${id}\n`).join(''));
    } else if (flags.verbose) {
      print(found.map(verboseLines).join(''));
    } else {
      const columns = { digests: flags.digests, pinned: flags.pinned, whole: flags['no-trunc'] };
      print(formatTable([header(columns), ...found.flatMap((image) => rows(image, columns))]));
    }
  },
});

interface Columns {
  digests: boolean;
  pinned: boolean;
  whole: boolean;
}

function header({ digests, pinned }: Columns): string[] {
  return ['IMAGE', 'TAG', ...(digests ? ['DIGEST'] : []), 'IMAGE ID', 'SIZE', ...(pinned ? ['PINNED'] : [])];
}

/** One row for each tag of the image. */
function rows(image: Image, { digests, pinned, whole }: Columns): string[][] {
  const short = (id: string) => (whole ? id : truncateId(id, 'sha256:'));
  const [, digest] = repositoryAndDigest(image);
  return repositoriesAndTags(image).map(([repository, tag]) => [
    repository,
    tag,
    ...(digests ? [short(digest)] : []),
    short(image.id),
    humanSize(image.size),
    ...(pinned ? [String(image.pinned)] : []),
  ]);
}

function verboseLines(image: Image): string {
  const lines = [`ID: ${image.id}`];
  lines.push(...image.repoTags.map((tag) => `RepoTags: ${tag}`));
  lines.push(...image.repoDigests.map((digest) => `RepoDigests: ${digest}`));
  if (image.size !== 0n) lines.push(`Size: ${image.size}`);
  if (image.uid) lines.push(`Uid: ${image.uid.value === 0n ? '' : `value:${image.uid.value}`}`);
  if (image.username !== '') lines.push(`Username: ${image.username}`);
  if (image.pinned) lines.push(`Pinned: ${image.pinned}`);
  return `${lines.join('\n')}\n\n`;
}
