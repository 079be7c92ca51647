import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeAr } from './ar.ts';

test('members have a header of 60 bytes and begin at even places', () => {
  const archive = encodeAr(
    [
      { name: 'debian-binary', content: Buffer.from('2.0\n') },
      { name: 'odd', content: Buffer.from('abc') },
    ],
    1_000_000,
  );
  assert.equal(
    archive.toString(),
    '!<arch>\n' +
      'debian-binary   1000000     0     0     100644  4         `\n2.0\n' +
      'odd             1000000     0     0     100644  3         `\nabc\n',
  );
});

test('a name that the format has no room for is refused', () => {
  assert.throws(() => encodeAr([{ name: '0123456789abcdef', content: Buffer.alloc(0) }], 0), RangeError);
});
