import { parseManifest } from '@berth/oci/image-spec/manifest.ts';
import type { ImageStore } from './store.ts';

/** The annotations of an image's manifest, which is read for it. */
export async function imageAnnotations(
  { records, content }: Pick<ImageStore, 'records' | 'content'>,
  id: string,
): Promise<Record<string, string>> {
  const image = records.image(id);
  // The configuration is among the documents as well.
  for (const digest of (image?.documents ?? []).filter((document) => document !== image?.id)) {
    const document = parseManifest(await content.read(digest));
    if (document.kind === 'manifest') return document.annotations;
  }
  return {};
}
