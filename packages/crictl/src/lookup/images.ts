// Looks images up by the end of their name: `app` or `team/app:1` for `registry.example:5000/team/app:1`.
import { splitImageName } from '@berth/common/image-name.ts';
import type { Image, ImageStatusResponse } from '@berth/cri/generated/api.ts';
import type { App } from '../app/app.ts';
import { formatTable } from '../output/table.ts';

/** Pure: the images with a name that ends in `word` at a slash, with or without its tag or digest. */
export function imagesCalled<Named extends Pick<Image, 'id' | 'repoTags' | 'repoDigests'>>(
  word: string,
  images: readonly Named[],
): Named[] {
  const ends = (name: string) => name === word || name.endsWith(`/${word}`);
  const fits = (image: string) => ends(image) || ends(splitImageName(image).name);
  return images.filter(({ repoTags, repoDigests }) => [...repoTags, ...repoDigests].some(fits));
}

/**
 * The status of the image `given`: as the runtime resolves an id or a name, or else of the one image whose name ends
 * so. `askedAs` is the name or id that the runtime knows it by. Throws when several names end so.
 */
export async function imageStatus(
  app: App,
  given: string,
  verbose = false,
): Promise<ImageStatusResponse & { askedAs: string }> {
  const service = await app.image();
  const ask = async (image: string) => ({
    ...(await service.imageStatus({ image: { image }, verbose }, app.call())),
    askedAs: image,
  });
  const answer = await ask(given);
  if (answer.image !== undefined) return answer;
  const { images } = await service.listImages({}, app.call());
  const [first, ...others] = imagesCalled(given, images);
  if (first === undefined) {
    app.failedLookup = { what: 'image', word: given, known: () => images.flatMap(namesOf) };
    return answer;
  }
  if (others.length === 0) return ask(first.id);
  const rows = [first, ...others].map((image) => [image.id, namesOf(image).join(', ')]);
  const table = formatTable([['ID', 'NAMES'], ...rows]).trimEnd();
  throw new Error(`image "${given}" is ambiguous, it matches ${rows.length}:\n${table}`);
}

/** The tags of an image, or its digests when it has none. */
export function namesOf({ repoTags, repoDigests }: Pick<Image, 'repoTags' | 'repoDigests'>): string[] {
  return repoTags.length > 0 ? repoTags : repoDigests;
}

/** The names of all images, for the hint of a name that was not found. */
export async function imageNames(app: App): Promise<string[]> {
  const { images } = await (await app.image()).listImages({}, app.call());
  return images.flatMap(namesOf);
}
