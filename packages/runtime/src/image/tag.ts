// Gives images names and takes them away, which the CRI cannot: `POST /images/tag` and `/images/untag`.
import { formatReference } from '@berth/oci/reference/reference.ts';
import { invalid, RuntimeError } from '../rpc/errors.ts';
import { findImage, requestedReference } from './names.ts';
import type { ImageService } from './service.ts';

/** What tagging answers: the image and the full name. */
export interface TagAnswer {
  id: string;
  name: string;
}

/**
 * Gives an image one more name, with the tag `latest` when it has none. An image that had the name loses it.
 * @param image a name, an id or a prefix of one
 */
export async function tagImage(service: ImageService, image: string, name: string): Promise<TagAnswer> {
  const reference = requestedReference(name);
  if (reference.digest !== undefined)
    throw invalid('name', 'a digest follows from the image, and cannot be given');
  const fullName = formatReference(reference);
  return service.gate.run(async () => {
    const found = findImage(service.records, image);
    if (!found) throw noSuchImage(image);
    service.records.addName(fullName, found.id);
    service.log.info(`Tagged image: ${fullName}`, { image: found.id });
    return { id: found.id, name: fullName };
  });
}

/**
 * Takes a tag from an image that has others. The last one goes with its image, by RemoveImage.
 * @throws RuntimeError FAILED_PRECONDITION for the last tag
 */
export async function untagImage(service: ImageService, name: string): Promise<TagAnswer> {
  const fullName = formatReference(requestedReference(name));
  return service.gate.run(async () => {
    const { records, log } = service;
    const found = records.named(fullName);
    if (found?.phase !== 'ready' || fullName.includes('@')) throw noSuchImage(name);
    const tags = records.names(found.id).filter((each) => !each.includes('@'));
    if (tags.length === 1)
      throw new RuntimeError('FAILED_PRECONDITION', `${fullName} is the last name of its image`);
    records.removeName(fullName);
    log.info(`Untagged image: ${fullName}`, { image: found.id });
    return { id: found.id, name: fullName };
  });
}

/** The error for an image that is not in the store. */
export function noSuchImage(image: string): RuntimeError {
  return new RuntimeError('NOT_FOUND', `no such image: ${image}`);
}
