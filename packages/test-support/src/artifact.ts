import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Descriptor } from '@berth/oci/image-spec/descriptor.ts';
import { digestHex, digestOf } from '@berth/oci/image-spec/digest.ts';
import { mediaTypes } from '@berth/oci/image-spec/media-types.ts';
import type { TestRegistry } from './image-registry.ts';

/** Pushes NAME:1, an artifact of files by title; the empty title omits the title. */
export async function pushArtifact(
  registry: TestRegistry,
  { dir, name, files }: { dir: string; name: string; files: Record<string, string> },
): Promise<void> {
  const layout = join(dir, name);
  mkdirSync(join(layout, 'blobs/sha256'), { recursive: true });
  const blob = (content: string, mediaType: string, annotations?: Record<string, string>): Descriptor => {
    const digest = digestOf(content);
    writeFileSync(join(layout, 'blobs/sha256', digestHex(digest)), content);
    return { mediaType, digest, size: content.length, ...(annotations && { annotations }) };
  };
  const manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    artifactType: 'application/vnd.example+model',
    config: blob('{}', 'application/vnd.oci.empty.v1+json'),
    layers: Object.entries(files).map(([title, content]) =>
      blob(content, 'text/plain', title === '' ? undefined : { 'org.opencontainers.image.title': title }),
    ),
  };
  const top = blob(JSON.stringify(manifest), mediaTypes.ociManifest, {
    'org.opencontainers.image.ref.name': name,
  });
  writeFileSync(join(layout, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [top] }));
  await registry.push(layout, name, name, '1');
}
