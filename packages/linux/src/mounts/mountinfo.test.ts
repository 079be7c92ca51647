import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseMountInfo } from './mountinfo.ts';

const cases: { name: string; line: string; expected: object }[] = [
  {
    name: 'plain mount',
    line: '27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard',
    expected: {
      id: 27,
      parentId: 1,
      device: '254:0',
      mountPoint: '/',
      options: ['rw', 'relatime'],
      fstype: 'ext4',
    },
  },
  {
    name: 'shared slave',
    line: '9 1 0:5 / /a rw shared:3 master:7 propagate_from:2 - tmpfs tmpfs rw',
    expected: { shared: 3, master: 7, unbindable: false, fstype: 'tmpfs' },
  },
  {
    name: 'unbindable',
    line: '9 1 0:5 / /a rw unbindable - tmpfs tmpfs rw',
    expected: { unbindable: true },
  },
  {
    name: 'namespace file',
    line: '90 22 0:4 net:[4026532201] /run/netns/x rw shared:9 - nsfs nsfs rw',
    expected: { root: 'net:[4026532201]', mountPoint: '/run/netns/x', fstype: 'nsfs', shared: 9 },
  },
  {
    name: 'escapes beside UTF-8',
    line: '9 1 0:5 / /with\\040space/é\\134x rw - fuse a\\043b rw',
    expected: { mountPoint: '/with space/é\\x', source: 'a#b' },
  },
  {
    name: 'empty source',
    line: '9 1 0:5 / /a rw -  x  rw',
    expected: { fstype: '', source: 'x' },
  },
];

for (const { name, line, expected } of cases) {
  test(`mountinfo: ${name}`, () => {
    const [parsed] = parseMountInfo(`${line}\n`);
    assert.partialDeepStrictEqual(parsed, expected);
  });
}

test('mountinfo: a line without fields is named', () => {
  assert.throws(() => parseMountInfo('27 1 254:0\n'), /lacks fields: 27 1 254:0/);
});
