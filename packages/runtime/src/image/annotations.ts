import { parseManifest } from '@berth/oci/image-spec/manifest.ts';
import type { ImageStore } from './store.ts';

/** Reads the annotations of an image's manifest from the content store. */
export async function imageAnnotations(
  { records, content }: Pick<ImageStore, 'records' | 'content'>,
  id: string,
): Promise<Record<string, string>> {
  const image = records.image(id);
  // Skip the configuration, which is one of the documents.
  for (const digest of (image?.documents ?? []).filter((document) => document !== image?.id)) {
    const document = parseManifest(await content.read(digest));
    if (document.kind === 'manifest') return document.annotations;
  }
  return {};
}
