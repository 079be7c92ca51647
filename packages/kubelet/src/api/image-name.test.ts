import assert from 'node:assert/strict';
import { test } from 'node:test';
import { repositoryOf, withDefaultTag } from './image-name.ts';

const hex = 'a'.repeat(64);
const cases: [image: string, want: string | undefined][] = [
  ['busybox', 'busybox:latest'],
  ['busybox:1.36', 'busybox:1.36'],
  ['library/nginx', 'library/nginx:latest'],
  ['localhost:5000/a/b', 'localhost:5000/a/b:latest'],
  ['127.0.0.1:5000/a:1', '127.0.0.1:5000/a:1'],
  ['[::1]:5000/a:1', '[::1]:5000/a:1'],
  ['registry.k8s.io/pause:3.10', 'registry.k8s.io/pause:3.10'],
  [`a@sha256:${hex}`, `a@sha256:${hex}`],
  [`a:1@sha256:${hex}`, `a:1@sha256:${hex}`],
  ['a__b/c--d', 'a__b/c--d:latest'],
  ['', undefined],
  ['UPPER', undefined],
  ['a b', undefined],
  ['a:', undefined],
  ['a@sha256:12', undefined],
  ['/a', undefined],
  ['a//b', undefined],
  ['a:-b', undefined],
  ['https://a/b', undefined],
];
for (const [image, want] of cases) {
  test(`${image || 'empty'} is ${want ?? 'no image name'}`, () => assert.equal(withDefaultTag(image), want));
}

for (const [image, want] of [
  ['busybox', 'docker.io/library/busybox'],
  ['busybox:1.36', 'docker.io/library/busybox'],
  ['team/app:1', 'docker.io/team/app'],
  ['docker.io/app', 'docker.io/library/app'],
  ['index.docker.io/app', 'docker.io/library/app'],
  ['localhost/a:1', 'localhost/a'],
  ['host:5000/a/b@sha256:12', 'host:5000/a/b'],
  ['Team/app', 'Team/app'],
  ['registry.k8s.io/pause:3.10', 'registry.k8s.io/pause'],
] as const) {
  test(`the repository of ${image} is ${want}`, () => assert.equal(repositoryOf(image), want));
}
