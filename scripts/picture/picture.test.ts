import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readSourceTree, sourceTree } from '../lint/tree/source-tree.ts';
import { packageGraph } from './package-graph.ts';
import { packagePicture } from './svg.ts';

const small = packageGraph(
  sourceTree([
    ['packages/a/src/a.ts', "import { b } from '@berth/b/b.ts';\nimport { c } from '@berth/c/c.ts';\n"],
    ['packages/a/src/a.test.ts', "import { d } from '@berth/d/d.ts';\n"],
    ['packages/b/src/b.ts', "import { c } from '@berth/c/c.ts';\n"],
    ['packages/c/src/c.ts', '\n'],
    ['packages/d/src/d.ts', '\n'],
  ]),
);

test('an import that another import brings anyway has no arrow; tests do not count', () => {
  assert.deepEqual(small, [
    { name: 'a', lines: 3, floor: 2, below: ['b'] },
    { name: 'b', lines: 2, floor: 1, below: ['c'] },
    { name: 'c', lines: 2, floor: 0, below: [] },
    { name: 'd', lines: 2, floor: 0, below: [] },
  ]);
});

test('a picture has a box for each package and an arrow for each import', () => {
  const picture = packagePicture(small);
  assert.equal(picture.match(/<path d="M\d+ \d+C/g)?.length, 2);
  for (const name of ['a', 'b', 'c', 'd']) assert.match(picture, new RegExp(`>${name}</text>`));
});

test('docs/packages.svg has the arrows of today: npm run picture', () => {
  const drawn = readFileSync(join(import.meta.dirname, '../../docs/packages.svg'), 'utf8');
  // Every commit changes how many lines there are.
  const withoutSizes = (text: string) => text.replaceAll(/[\d.]+ k lines/g, '');
  assert.equal(withoutSizes(drawn), withoutSizes(packagePicture(packageGraph(readSourceTree()))));
});
