import assert from 'node:assert/strict';
import { test } from 'node:test';
import { negotiatedEncoding } from './content-encoding.ts';

const cases: [accept: string | undefined, encoding: 'identity' | 'gzip'][] = [
  [undefined, 'identity'],
  ['', 'identity'],
  ['gzip', 'gzip'],
  ['gzip, deflate, br', 'gzip'],
  ['zstd;q=1.0,gzip;q=0.9', 'gzip'],
  ['br', 'identity'],
  ['*', 'identity'],
  ['identity, gzip', 'identity'],
  ['identity;q=0.5, gzip', 'gzip'],
  ['gzip;q=0', 'identity'],
  ['gzip;q=0.', 'identity'],
  // What cannot be read ends the list.
  ['deflate;level=9, gzip', 'identity'],
  ['gzip;q=2', 'identity'],
  [', gzip', 'identity'],
];
for (const [accept, encoding] of cases) {
  test(`Accept-Encoding: ${accept ?? 'none'} gets ${encoding}`, () => {
    assert.equal(negotiatedEncoding(accept), encoding);
  });
}
