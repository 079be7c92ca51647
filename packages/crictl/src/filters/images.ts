// Lists the images that the flags of a command select, and their columns in tables.
import type { Image } from '@berth/cri/generated/api.ts';
import type { App } from '../app/app.ts';
import { within } from '../errors/within.ts';
import { goRegExp } from './go-regexp.ts';

export const imageFilterFlag = {
  type: 'strings',
  aliases: ['f'],
  usage: [
    'Only images that match all of these filters:',
    '* dangling=(true or false): without or with a tag',
    '* reference=REGULAR-EXPRESSION: by repository',
    '* before=IMAGE, since=IMAGE: listed after or before that name:tag, id or name@digest',
  ].join('\n'),
} as const;

const none = '<none>';

/** Pure: repository and digest of an image's first repo digest. */
export function repositoryAndDigest({ repoDigests }: Pick<Image, 'repoDigests'>): [string, string] {
  const [first] = repoDigests;
  if (first === undefined) return [none, none];
  const [repository, digest, ...rest] = first.split('@');
  if (repository === undefined || digest === undefined || rest.length > 0)
    return ['errorName', 'errorRepoDigest'];
  return [repository, digest];
}

/** Pure: repository and tag for each row of an image in a table. */
export function repositoriesAndTags(image: Pick<Image, 'repoTags' | 'repoDigests'>): [string, string][] {
  const [digestRepository] = repositoryAndDigest(image);
  if (image.repoTags.length === 0) return [[digestRepository, none]];
  return image.repoTags.map((name): [string, string] => {
    const colon = name.lastIndexOf(':');
    if (colon === -1) return ['errorRepoTag', 'errorRepoTag'];
    const repository = name.slice(0, colon);
    return [repository === none ? digestRepository : repository, name.slice(colon + 1)];
  });
}

/**
 * Lists the images with this name, or else those whose name ends so, that pass all `filters`; sorted by name.
 */
export async function listImages(app: App, name: string, filters: readonly string[]): Promise<Image[]> {
  const service = await app.image();
  let { images } = await service.listImages({ filter: { image: { image: name } } }, app.call());
  if (images.length === 0 && name !== '') {
    const { imagesCalled } = await import('../lookup/images.ts');
    images = imagesCalled(name, (await service.listImages({}, app.call())).images);
  }
  const sorted = images.toSorted(compareImages);
  if (sorted.length === 0) return sorted;
  return await within('filter images', async () => {
    let found = sorted;
    for (const filter of filters) found = await applyFilter(found, filter);
    return found;
  });
}

function compareImages(a: Image, b: Image): number {
  const keys = (['repoTags', 'repoDigests'] as const).map((field): [string?, string?] => [
    a[field][0],
    b[field][0],
  ]);
  const [left, right] = keys.find(([x, y]) => x !== undefined && y !== undefined) ?? [a.id, b.id];
  return (left ?? '') < (right ?? '') ? -1 : left === right ? 0 : 1;
}

/** The images that pass one filter, such as `dangling=true`. */
export async function applyFilter(images: readonly Image[], filter: string): Promise<Image[]> {
  const equals = filter.indexOf('=');
  const [kind, value] = [filter.slice(0, equals), filter.slice(equals + 1)];
  switch (equals === -1 ? '' : kind) {
    case 'dangling':
      return images.filter(({ repoTags }) => value === String(repoTags.length === 0));
    case 'reference': {
      const matches = await goRegExp(value);
      return images.filter((image) => {
        const [name] = repositoryAndDigest(image);
        return matches(name) || name === value;
      });
    }
    case 'since':
      return aheadOf(images, value);
    case 'before':
      return aheadOf(images.toReversed(), value).toReversed();
    default:
      throw new Error(`unknown filter flag: ${filter}`);
  }
}

function aheadOf(images: readonly Image[], value: string): Image[] {
  const isDigest = value.includes('@');
  const isName = value.includes(':') && !isDigest;
  const candidates = isDigest ? images.filter(({ repoDigests }) => repoDigests.length > 0) : images;
  const index = candidates.findIndex((image) => {
    if (isDigest) return image.repoDigests[0]?.startsWith(value);
    if (isName) return repositoriesAndTags(image)[0]?.join(':') === value;
    return image.id.startsWith(value);
  });
  return index === -1 ? [...candidates] : candidates.slice(0, index);
}
