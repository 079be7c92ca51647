import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatReference, parseReference } from './reference.ts';

const hex = 'a'.repeat(64);

test('names are completed as Docker does', () => {
  const cases: [text: string, full: string][] = [
    ['nginx', 'docker.io/library/nginx:latest'],
    ['nginx:1.27', 'docker.io/library/nginx:1.27'],
    ['docker.io/nginx', 'docker.io/library/nginx:latest'],
    ['index.docker.io/nginx', 'docker.io/library/nginx:latest'],
    ['bitnami/redis', 'docker.io/bitnami/redis:latest'],
    ['localhost/hello:1', 'localhost/hello:1'],
    ['localhost:5000/a/b/c', 'localhost:5000/a/b/c:latest'],
    ['127.0.0.1:5000/busybox:x', '127.0.0.1:5000/busybox:x'],
    ['[::1]:5000/busybox', '[::1]:5000/busybox:latest'],
    ['registry.k8s.io/pause:3.10', 'registry.k8s.io/pause:3.10'],
    ['foo.bar', 'docker.io/library/foo.bar:latest'],
    ['a/b', 'docker.io/a/b:latest'],
    ['A/b', 'A/b:latest'],
    ['UPPER/case', 'UPPER/case:latest'],
    ['a.b/c__d/e-f--g.h', 'a.b/c__d/e-f--g.h:latest'],
    [`nginx@sha256:${hex}`, `docker.io/library/nginx@sha256:${hex}`],
    [`quay.io/x/y:1@sha256:${hex}`, `quay.io/x/y:1@sha256:${hex}`],
  ];
  for (const [text, full] of cases) assert.equal(formatReference(parseReference(text)), full, text);
});

test('bad names say what is wrong', () => {
  const cases: [text: string, problem: RegExp][] = [
    ['', /the name is empty/],
    ['Nginx', /must be lower case/],
    [`a.b/${'c'.repeat(252)}`, /not a repository name/],
    ['nginx:', /"" is not a tag/],
    ['nginx:a b', /"a b" is not a tag/],
    [`nginx:${'a'.repeat(129)}`, /is not a tag/],
    ['a//b', /not a repository name/],
    ['-a/b', /not a repository name/],
    ['a.b/../c', /not a repository name/],
    ['http://a.b/c', /not a r/],
    ['nginx@sha256:123', /"sha256:123" is not a digest/],
    ['nginx@sha256:zz', /is not a digest/],
    ['host:port/name', /"host:port" is not a registry host/],
    [`a.b/${'c'.repeat(260)}`, /not a repository name/],
  ];
  for (const [text, problem] of cases) assert.throws(() => parseReference(text), problem, text);
});
