// `crictl rmi`: removes images by id or name, all images, or unused ones (--prune).
import type { App } from '../app/app.ts';
import { defineCommand } from '../app/command.ts';
import { describeError } from '../errors/describe.ts';
import { allSettled, within } from '../errors/within.ts';
import { imageStatus } from '../lookup/images.ts';
import { print } from '../output/print.ts';

export const rmi = defineCommand({
  argsUsage: 'IMAGE-ID [IMAGE-ID...]',
  description:
    'Removes images by id or name. The CRI cannot remove single tags: an image is removed with all its tags,\n' +
    'whichever of them is given.',
  flags: {
    all: { type: 'boolean', aliases: ['a'], usage: 'All images' },
    prune: {
      type: 'boolean',
      aliases: ['q'],
      usage: 'Remove all images that are not pinned and that no container uses',
    },
  },
  async run({ app, flags, args, showHelp }) {
    const ids = new Set(args);
    if (flags.all || flags.prune) {
      const { images } = await (await app.image()).listImages({}, app.call());
      for (const { id, pinned } of images) if (!(flags.prune && pinned)) ids.add(id);
    }
    if (flags.prune) for (const id of await imagesInUse(app)) ids.delete(id);
    if (flags.prune) await removeLeftovers(app);
    if (ids.size === 0) return flags.all || flags.prune ? app.logger.info('No images to remove') : showHelp();
    await allSettled([...ids].map((id) => () => remove(app, id, flags.prune)));
  },
});

/** Has berthd delete what interrupted pulls left; other runtimes have no such call. */
async function removeLeftovers(app: App): Promise<void> {
  try {
    await (await app.imageProgress()).removeLeftovers({}, app.call());
  } catch (error) {
    app.logger.debug(`Leftovers of interrupted pulls: ${describeError(error)}`);
  }
}

async function imagesInUse(app: App): Promise<string[]> {
  const images = await app.image();
  const { containers } = await (await app.runtime()).listContainers({}, app.call());
  const names = new Set(containers.map(({ image }) => image?.image ?? ''));
  const ids: string[] = [];
  for (const image of names) {
    try {
      ids.push((await images.imageStatus({ image: { image } }, app.call())).image?.id ?? '');
    } catch (error) {
      app.logger.error(`image status request for "${image}" failed: ${describeError(error)}`);
    }
  }
  return ids;
}

async function remove(app: App, id: string, errorsAreExpected: boolean): Promise<void> {
  const images = await app.image();
  const { image, askedAs } = await within(`image status request for "${id}" failed`, () =>
    imageStatus(app, id),
  );
  if (image === undefined) throw new Error(`no such image ${id}`);
  const isName = askedAs !== id || (!id.startsWith('sha256:') && /[:/]/.test(id));
  if (isName && image.repoTags.length > 1) {
    app.logger.warning(
      `Image "${id}" has multiple tags. Removing this image will delete all of the following tags:`,
    );
    for (const tag of image.repoTags) app.logger.warning(`  ${tag}`);
  }
  try {
    await images.removeImage({ image: { image: askedAs } }, app.call());
  } catch (error) {
    // With --prune, a container may have started to use the image meanwhile.
    if (errorsAreExpected) return;
    throw new Error(`error of removing image "${id}": ${describeError(error)}`, { cause: error });
  }
  const names = image.repoTags.length > 0 ? image.repoTags : image.repoDigests;
  print(names.map((name) => `Deleted: ${name}\n`).join(''));
}
