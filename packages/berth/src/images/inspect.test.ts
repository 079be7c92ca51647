import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ImageStatusResponse } from '@berth/cri/generated/api.ts';
import { inspectedImage } from './inspect.ts';

const image = { id: 'sha256:1', repoTags: ['a:1'], repoDigests: ['a@sha256:2'], size: 5n };
const inspected = (imageSpec: unknown) =>
  inspectedImage(ImageStatusResponse.fromPartial({ image, info: { info: JSON.stringify({ imageSpec }) } }));

test('an image in the form of docker', () => {
  const config = { Cmd: ['/app'], Labels: { a: 'b' } };
  const spec = {
    created: '2024-01-01T00:00:00Z',
    architecture: 'amd64',
    os: 'linux',
    config,
    rootfs: { type: 'layers', diff_ids: ['sha256:3'] },
    history: [{ created_by: 'x' }],
  };
  assert.deepEqual(inspected(spec), {
    Id: 'sha256:1',
    RepoTags: ['a:1'],
    RepoDigests: ['a@sha256:2'],
    Created: '2024-01-01T00:00:00Z',
    Author: '',
    Architecture: 'amd64',
    Os: 'linux',
    Size: 5,
    Config: config,
    RootFS: { Type: 'layers', Layers: ['sha256:3'] },
    History: [{ created_by: 'x' }],
  });
});

test('a runtime that tells nothing of the configuration', () => {
  const empty = { Config: {}, Os: '', RootFS: { Type: 'layers', Layers: [] } };
  for (const info of [{}, { info: 'no JSON' }, { info: '[]' }, { info: '{"imageSpec":1}' }]) {
    const { Config, Os, RootFS } = inspectedImage(
      ImageStatusResponse.fromPartial({ image, info }),
    ) as typeof empty;
    assert.deepEqual({ Config, Os, RootFS }, empty);
  }
});
