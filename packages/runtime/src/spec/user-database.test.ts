import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isId, parseGroup, parsePasswd } from './user-database.ts';

test('entries without a name are skipped; ids that are no numbers are missing', () => {
  const passwd = 'a:x:1:2:::\n:x:3:4:::\n# c:x:5:6\nd:x:e:6\nf:x:7:g\n h : x : 8 : 9 :\nshort\n\n';
  assert.deepEqual(parsePasswd(passwd), [
    { name: 'a', uid: 1, gid: 2 },
    { name: 'd', uid: undefined, gid: 6 },
    { name: 'f', uid: 7, gid: undefined },
    { name: 'h', uid: 8, gid: 9 },
    { name: 'short', uid: undefined, gid: undefined },
  ]);
  assert.deepEqual(parseGroup('a:x:1:\n:x:2:b\nc:x:d:\ne:x:3:f,,g\n#h:x:4:\n'), [
    { name: 'a', gid: 1, members: [] },
    { name: 'c', gid: undefined, members: [] },
    { name: 'e', gid: 3, members: ['f', 'g'] },
  ]);
});

test('ids', () => {
  const ids = ['0', '65534', '2147483647', '0000000001'];
  assert.deepEqual(ids.filter(isId), ids);
  assert.deepEqual(['', '-1', '2147483648', '00000000001', '1e3', '0x1'].filter(isId), []);
});
