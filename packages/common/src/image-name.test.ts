import assert from 'node:assert/strict';
import { test } from 'node:test';
import { splitImageName } from './image-name.ts';

test('an image name is split into name, tag and digest', () => {
  const cases: [image: string, name: string, tag?: string, digest?: string][] = [
    ['nginx', 'nginx'],
    ['nginx:1', 'nginx', '1'],
    ['nginx@sha256:ab', 'nginx', undefined, 'sha256:ab'],
    ['nginx:1@sha256:ab', 'nginx', '1', 'sha256:ab'],
    ['localhost:5000/app', 'localhost:5000/app'],
    ['localhost:5000/app:1', 'localhost:5000/app', '1'],
    ['a/b@sha256:ab@x', 'a/b', undefined, 'sha256:ab@x'],
    ['a:', 'a', ''],
    ['a@', 'a', undefined, ''],
    ['', ''],
  ];
  for (const [image, name, tag, digest] of cases) {
    assert.deepEqual(splitImageName(image), { name, tag, digest }, image);
  }
});
