import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Digest } from '@berth/oci/image-spec/digest.ts';
import { imageAnnotations } from './annotations.ts';

const digest = (letter: string) => `sha256:${letter.repeat(64)}` as Digest;
const descriptor = (letter: string, mediaType: string) => ({ mediaType, digest: digest(letter), size: 2 });
const oci = 'application/vnd.oci.image';
const contents = new Map<string, object>([
  [
    digest('a'),
    {
      schemaVersion: 2,
      mediaType: `${oci}.index.v1+json`,
      manifests: [descriptor('b', `${oci}.manifest.v1+json`)],
      annotations: { of: 'the index' },
    },
  ],
  [
    digest('b'),
    {
      schemaVersion: 2,
      mediaType: `${oci}.manifest.v1+json`,
      config: descriptor('c', `${oci}.config.v1+json`),
      layers: [],
      annotations: { of: 'the manifest' },
    },
  ],
]);

const annotationsOf = (documents: Digest[]) =>
  imageAnnotations(
    {
      records: { image: (id: string) => (id === digest('c') ? { id, documents } : undefined) },
      content: { read: async (of: string) => Buffer.from(JSON.stringify(contents.get(of))) },
    } as unknown as Parameters<typeof imageAnnotations>[0],
    digest('c'),
  );

test("an image's annotations are its manifest's, not those of the index or the configuration", async () => {
  assert.deepEqual(await annotationsOf([digest('c'), digest('a'), digest('b')]), { of: 'the manifest' });
  assert.deepEqual(await annotationsOf([digest('c'), digest('a')]), {});
  assert.deepEqual(await annotationsOf([]), {});
});
