import type { RemoveImageRequest, RemoveImageResponse } from '@berth/cri/generated/api.ts';
import { invalid } from '../errors.ts';
import { type FoundImage, findImage, repoNames } from './names.ts';
import type { ImageService } from './service.ts';

/**
 * RemoveImage: by id it removes the image with all its names; by name only that name, and the image with its last
 * one. Containers that were made of the image keep its layers until they are gone. Without such an image there is
 * nothing to do, and no error.
 */
export async function removeImage(
  service: ImageService,
  { image: spec }: RemoveImageRequest,
): Promise<RemoveImageResponse> {
  const text = spec?.image ?? '';
  if (text === '') throw invalid('image.image', 'is required');
  if (!findImage(service.state, text)) return {};
  await service.gate.run(async () => {
    const found = findImage(service.state, text);
    if (found) remove(service, found);
  });
  return {};
}

function remove({ state, options }: ImageService, { image, name }: FoundImage): void {
  const rest = remainingNames(state.names(image.id), name);
  if (rest.length === 0) {
    state.retire(image.id);
    options.log.info(`Removed image: ${name ?? image.id}`, { image: image.id });
    return;
  }
  for (const each of state.names(image.id)) if (!rest.includes(each)) state.removeName(each);
  options.log.info(`Untagged image: ${name}`, { image: image.id });
}

/**
 * What an image is still called when `name` is taken away; undefined stands for all. A digest is a name on its own
 * only while no tag of its repository was there for it to come with, so it goes with the repository's last tag, and
 * takes the repository's tags along.
 */
export function remainingNames(names: readonly string[], name: string | undefined): string[] {
  if (name === undefined) return [];
  const repository = name.includes('@')
    ? name.slice(0, name.indexOf('@'))
    : name.slice(0, name.lastIndexOf(':'));
  const isSameRepository = (other: string) =>
    other.startsWith(`${repository}@`) ||
    (other.startsWith(`${repository}:`) && !other.slice(repository.length + 1).includes('/'));
  const { repoTags } = repoNames(names);
  const otherTags = repoTags.filter((tag) => tag !== name && isSameRepository(tag));
  if (name.includes('@') || otherTags.length === 0) return names.filter((other) => !isSameRepository(other));
  return names.filter((other) => other !== name);
}
