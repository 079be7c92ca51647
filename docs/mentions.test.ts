// Files that the documents name are there: a move of a file changes them too.
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';

const root = dirname(import.meta.dirname);
const sources = globSync(['{bench,docs,packages,scripts,test}/**/*.{ts,mjs,proto,sh,md}'], {
  cwd: root,
  exclude: (name) => name === 'node_modules',
});
/** Documents leave out what every path of a package has. */
const paths = sources.flatMap((path) => [path, path.replace(/^packages\/([^/]+)\/src\//, '$1/')]);
const documents = globSync(['*.md', 'docs/*.md', 'packages/*/README.md'], { cwd: root });

for (const document of documents) {
  test(`${document} names files that exist`, () => {
    const text = readFileSync(join(root, document), 'utf8');
    const names = [...text.matchAll(/`([\w./-]+\.(?:ts|mjs|proto))`/g)].map(([, name = '']) => name);
    const missing = names.filter(
      (name) =>
        !/\b[A-Z]{4,}\b/.test(name) && !paths.some((path) => path === name || path.endsWith(`/${name}`)),
    );
    assert.deepEqual([...new Set(missing)], []);
  });
}
