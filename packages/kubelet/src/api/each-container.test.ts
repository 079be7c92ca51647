import assert from 'node:assert/strict';
import { test } from 'node:test';
import { containersOfKind, eachContainer, findContainer } from './each-container.ts';

const spec = { initContainers: [{ name: 'i' }, { name: 'j' }], containers: [{ name: 'a' }] };

test('init containers come first, each with its kind and path', () => {
  assert.deepEqual(
    eachContainer(spec).map(({ container, kind, path }) => [container.name, kind, path]),
    [
      ['i', 'init', 'spec.initContainers[0]'],
      ['j', 'init', 'spec.initContainers[1]'],
      ['a', 'regular', 'spec.containers[0]'],
    ],
  );
  assert.deepEqual(containersOfKind({ containers: [] }, 'init'), []);
});

test('a container is found by its name, whatever its kind', () => {
  assert.equal(findContainer(spec, 'j'), spec.initContainers[1]);
  assert.equal(findContainer(spec, 'a'), spec.containers[0]);
  assert.equal(findContainer(spec, 'x'), undefined);
});
