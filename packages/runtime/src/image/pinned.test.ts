import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pinnedBy } from './pinned.ts';

test('images are pinned by their whole names, with wildcards', () => {
  const cases: [pattern: string, name: string, isPinned: boolean][] = [
    ['quay.io/a/b:1', 'quay.io/a/b:1', true],
    ['quay.io/a/b:1', 'quay.io/a/b:10', false],
    ['quay.io/a/b:1', 'quayXio/a/b:1', false],
    ['quay.io/a/*', 'quay.io/a/b@sha256:00', true],
    ['*pause*', 'registry.k8s.io/pause:3.10', true],
    ['*/pause:*', 'registry.k8s.io/pauses:3', false],
  ];
  for (const [pattern, name, isPinned] of cases) {
    assert.equal(pinnedBy([pattern])(['other', name]), isPinned, `${pattern} ${name}`);
  }
  assert.equal(pinnedBy([])(['a']), false);
});
