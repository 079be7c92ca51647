import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeImages } from './images.ts';

test('the largest images, with five names each', () => {
  const image = (id: string, sizeBytes: number, repoTags: string[] = [], repoDigests: string[] = []) => ({
    id,
    sizeBytes,
    repoTags,
    repoDigests,
  });
  const many = ['1', '2', '3', '4'].map((tag) => `many:${tag}`);
  const images = [
    image('a', 1),
    image('b', 3, ['b:1'], ['b@x']),
    image('c', 2, many, ['c@x', 'c@y']),
    image('d', 2),
  ];
  assert.deepEqual(nodeImages(images, 3), [
    { names: ['b@x', 'b:1'], sizeBytes: 3 },
    { sizeBytes: 2 },
    { names: ['c@x', 'c@y', 'many:1', 'many:2', 'many:3'], sizeBytes: 2 },
  ]);
  assert.equal(nodeImages(images, -1).length, 4);
  assert.deepEqual(nodeImages(images, 0), []);
});
