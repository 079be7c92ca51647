import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDigest } from '../image-spec/digest.ts';
import { parseManifest } from '../image-spec/manifest.ts';
import { mediaTypes } from '../image-spec/media-types.ts';
import { artifactPath } from './artifact-files.ts';

const digest = parseDigest(`sha256:${'a'.repeat(64)}`);

test('files of an artifact are called by their titles, inside', () => {
  const path = (title?: string) =>
    artifactPath({
      mediaType: 'text/plain',
      digest,
      size: 1,
      ...(title !== undefined && { annotations: { 'org.opencontainers.image.title': title } }),
    });
  const cases: [title: string | undefined, path: string][] = [
    ['a.txt', 'a.txt'],
    ['dir/./a', 'dir/a'],
    ['/etc/x', 'etc/x'],
    [undefined, `sha256-${'a'.repeat(64)}`],
    ['', `sha256-${'a'.repeat(64)}`],
  ];
  for (const [title, expected] of cases) assert.equal(path(title), expected);
  for (const title of ['../x', 'a/../../x', '.', '/', 'a\0b'])
    assert.throws(() => path(title), { name: 'LayerError' });
});

test('a manifest whose configuration is no image is an artifact', () => {
  const parse = (configType: string, more: object, layerType = 'text/plain') => {
    const manifest = parseManifest(
      Buffer.from(
        JSON.stringify({
          mediaType: mediaTypes.ociManifest,
          config: { mediaType: configType, digest, size: 2 },
          layers: [{ mediaType: layerType, digest, size: 2 }],
          ...more,
        }),
      ),
    );
    return manifest.kind === 'manifest' ? manifest.artifactType : 'index';
  };
  const empty = 'application/vnd.oci.empty.v1+json';
  assert.equal(parse(empty, { artifactType: 'a/b' }), 'a/b');
  assert.equal(
    parse('application/vnd.cncf.helm.config.v1+json', {}),
    'application/vnd.cncf.helm.config.v1+json',
  );
  assert.equal(parse(mediaTypes.ociConfig, { artifactType: 'a/b' }, mediaTypes.ociLayer), undefined);
  assert.throws(() => parse(mediaTypes.ociConfig, {}), /text\/plain is not a file system layer/);
});
