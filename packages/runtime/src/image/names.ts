// Maps image references to stored names, ids and digests, for the image RPCs and CreateContainer.

import { messageOf } from '@berth/common/error-message.ts';
import type { Digest } from '@berth/oci/image-spec/digest.ts';
import {
  formatReference,
  parseReference,
  type Reference,
  repositoryName,
} from '@berth/oci/reference/reference.ts';
import { invalid } from '../rpc/errors.ts';
import type { ImageRecords } from './records.ts';
import type { StoredImage } from './rows.ts';

/** An image's names in the CRI's form: tags and digests. */
export interface RepoNames {
  repoTags: string[];
  repoDigests: string[];
}

/** Sorts an image's names into tags and digests. */
export function repoNames(names: readonly string[]): RepoNames {
  const sorted = [...names].sort();
  return {
    repoTags: sorted.filter((name) => !name.includes('@')),
    repoDigests: sorted.filter((name) => name.includes('@')),
  };
}

/**
 * The names under which an image of a reference is stored: the digest, and the tag unless the reference has a
 * digest.
 */
export function namesFor(reference: Reference, digest: Digest): string[] {
  const byDigest = `${repositoryName(reference)}@${digest}`;
  return reference.digest === undefined && reference.tag !== undefined
    ? [formatReference(reference), byDigest]
    : [byDigest];
}

/** The full name by which a reference is looked up. */
function lookupName(reference: Reference): string {
  const { registry, repository, digest } = reference;
  return formatReference(digest === undefined ? reference : { registry, repository, digest });
}

/** The full name of a name in a request; undefined for a text that is no name. */
export function fullName(text: string): string | undefined {
  const reference = tryParse(text);
  return reference && lookupName(reference);
}

/**
 * Resolves an image in a request: a name, an id (with or without `sha256:`), or a unique prefix of an id. Images
 * that are being removed are not found.
 */
export function findImage(records: ImageRecords, text: string): StoredImage | undefined {
  const hex = text.replace(/^sha256:/, '');
  const isWholeId = /^[0-9a-f]{64}$/.test(hex);
  if (isWholeId) return ready(records.image(`sha256:${hex}`));
  const reference = tryParse(text);
  const name = reference && lookupName(reference);
  const named = name !== undefined ? ready(records.named(name)) : undefined;
  if (named) return named;
  if (reference?.digest !== undefined) return imageOfManifest(records, reference, reference.digest);
  if (!/^[0-9a-f]{3,63}$/.test(hex)) return undefined;
  const [only, ...others] = [...records.images()].filter(
    ({ id, phase }) => phase === 'ready' && id.startsWith(`sha256:${hex}`),
  );
  return others.length === 0 ? only : undefined;
}

/** Finds an image by the digest of its platform's manifest; the stored name has the digest of the index. */
function imageOfManifest(
  records: ImageRecords,
  reference: Reference,
  digest: Digest,
): StoredImage | undefined {
  const repository = repositoryName(reference);
  return [...records.images()].find(
    ({ id, phase, documents }) =>
      phase === 'ready' &&
      id !== digest &&
      documents.includes(digest) &&
      records.names(id).some((name) => name.startsWith(`${repository}@`)),
  );
}

function ready(image: StoredImage | undefined): StoredImage | undefined {
  return image?.phase === 'ready' ? image : undefined;
}

function tryParse(text: string): Reference | undefined {
  try {
    return parseReference(text);
  } catch {
    return undefined;
  }
}

/** Reads the image name of a request to pull. */
export function requestedReference(text: string): Reference {
  try {
    return parseReference(text);
  } catch (error) {
    throw invalid('image.image', messageOf(error));
  }
}
