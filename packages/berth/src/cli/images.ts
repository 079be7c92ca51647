// The arguments of `berth image`.
import { type ArchiveFormat, archiveFormats } from '@berth/oci/archive/export.ts';
import { type Command, Option } from 'commander';
import type { NodeLayout } from '../node/layout.ts';

/** Adds `berth image` and its subcommands, each loaded when it is called. */
export function registerImages(program: Command, layoutOf: () => NodeLayout): void {
  const image = program.command('image').description('images in the runtime');
  image
    .command('pull')
    .description('pull images from their registries')
    .argument('<NAME...>', 'names with tags or digests')
    .option('--creds <user:password>', 'user name and password for the registry')
    .action(async (names: string[], options: { creds?: string }) => {
      const { pullImages } = await import('../commands/image-store.ts');
      await pullImages(layoutOf(), names, options);
    });
  image
    .command('ls')
    .alias('list')
    .description('list the images')
    .option('-q, --quiet', 'print only ids', false)
    .action(async (options: { quiet: boolean }) => {
      const { listImages } = await import('../commands/image.ts');
      await listImages(layoutOf(), options);
    });
  image
    .command('inspect')
    .description('print images as JSON, in the form of docker and podman')
    .argument('<IMAGE...>')
    .action(async (images: string[]) => {
      const { inspectImages } = await import('../commands/image-store.ts');
      await inspectImages(layoutOf(), images);
    });
  image
    .command('tag')
    .description('give an image more names')
    .argument('<IMAGE>')
    .argument('<NAME...>')
    .action(async (of: string, names: string[]) => {
      const { tagImages } = await import('../commands/image-store.ts');
      await tagImages(layoutOf(), of, names);
    });
  image
    .command('rm')
    .description('remove a name of an image, or the image with its last name or its id')
    .argument('<IMAGE...>')
    .option('-f, --force', 'also images of containers, and all names of an image', false)
    .action(async (images: string[], options: { force: boolean }) => {
      const { removeImages } = await import('../commands/image-store.ts');
      await removeImages(layoutOf(), images, options);
    });
  image
    .command('prune')
    .description('remove images without a tag, and what interrupted pulls left')
    .option('-a, --all', 'all images that no container uses', false)
    .action(async (options: { all: boolean }) => {
      const { pruneImages } = await import('../commands/image-store.ts');
      await pruneImages(layoutOf(), options);
    });
  image
    .command('load')
    .description('load images from an OCI layout (directory or tar) or an archive of docker save')
    .argument('[FILE|DIR]', 'the archive; - for standard input', '-')
    .action(async (path: string) => {
      const { loadImages } = await import('../commands/image.ts');
      await loadImages(layoutOf(), path);
    });
  image
    .command('save')
    .description('write images to an archive, for berth image load, docker, podman and skopeo')
    .argument('<IMAGE...>')
    .option('-o, --output <FILE>', 'the archive; standard output without it')
    .addOption(
      new Option('--format <format>', 'form of the archive').choices(archiveFormats).default('oci-archive'),
    )
    .addHelpText(
      'after',
      `
The layers are packed anew: the contents are the same, but their digests, and with them the id of the image,
may differ from those of the registry.`,
    )
    .action(async (images: string[], options: { output?: string; format: ArchiveFormat }) => {
      const { saveImages } = await import('../commands/image-save.ts');
      await saveImages(layoutOf(), images, options);
    });
}
