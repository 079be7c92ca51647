// docs/configuration.md is what the programs' own tables say.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { configuration } from './configuration.ts';

const root = dirname(import.meta.dirname);

test('docs/configuration.md has every setting, flag and field: npm run configuration', () => {
  assert.equal(readFileSync(join(root, 'docs/configuration.md'), 'utf8'), configuration());
});
