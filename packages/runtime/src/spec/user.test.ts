import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DeepPartial, LinuxContainerSecurityContext } from '@berth/cri/generated/api.ts';
import { processUser } from './user.ts';

const passwd = [
  '# comment',
  'broken',
  'root:x:0:0:root:/root:/bin/sh',
  '',
  '  web:x:1000:1001::/srv:/bin/false  ',
  'nouid:x::7:',
  'nan:x:abc:def',
  'short:x:1005',
  'huge:x:2147483648:0',
  'below:x:-1:0',
  'signed:x:+1006:+1007',
  'web:x:0:0::/:/second',
].join('\n');
const group =
  'root:x:0:\nweb:x:1001:\nlogs:x:1002:root,web\ndisk:x:6:web\nnobody:x:nan:\nhuge:x:2147483648:\n';

function user(imageUser: string, security?: DeepPartial<LinuxContainerSecurityContext>) {
  return processUser({
    security: security === undefined ? undefined : LinuxContainerSecurityContext.fromPartial(security),
    imageUser,
    passwd,
    group,
  });
}

test('users by number and by name, from the request and from the image', () => {
  const table: [string, Parameters<typeof user>[1], [number, number, number[]]][] = [
    ['', undefined, [0, 0, [0, 1002]]],
    ['web', undefined, [1000, 1001, [1001, 1002, 6]]],
    ['1000', undefined, [1000, 1001, [1001, 1002, 6]]],
    ['4242', undefined, [4242, 0, [0]]],
    ['web:logs', undefined, [1000, 1002, [1002, 6]]],
    ['4242:4343', undefined, [4242, 4343, [4343]]],
    [':logs', undefined, [0, 1002, [1002]]],
    ['1000:', undefined, [1000, 1001, [1001, 1002, 6]]],
    [':1000', undefined, [0, 1000, [1000, 1002]]],
    ['web:', undefined, [1000, 1001, [1001, 1002, 6]]],
    [':', undefined, [0, 0, [0, 1002]]],
    ['web:logs:more', undefined, [1000, 1002, [1002, 6]]],
    ['0001000', undefined, [1000, 1001, [1001, 1002, 6]]],
    // As moby/user reads what is no number.
    ['broken', undefined, [0, 0, [0]]],
    ['nouid', undefined, [0, 7, [7]]],
    ['nan', undefined, [0, 0, [0]]],
    ['short', undefined, [1005, 0, [0]]],
    ['1005', undefined, [1005, 0, [0]]],
    ['signed', undefined, [1006, 1007, [1007]]],
    ['web:nobody', undefined, [1000, 0, [0, 1002, 6]]],
    ['', { runAsUser: { value: 1n }, runAsUsername: 'web' }, [1000, 1001, [1001, 1002, 6]]],
    ['', { runAsUsername: 'web:disk' }, [1000, 6, [6, 1002]]],
    ['', { runAsUsername: '7:8' }, [7, 8, [8]]],
    ['web', { runAsUser: { value: 0n } }, [0, 0, [0, 1002]]],
    ['', { runAsUsername: 'web' }, [1000, 1001, [1001, 1002, 6]]],
    ['web', { runAsUser: { value: 7n }, runAsGroup: { value: 8n } }, [7, 8, [8]]],
    ['', { runAsUsername: 'web', runAsGroup: { value: 8n } }, [1000, 8, [8, 1002, 6]]],
    ['web', { supplementalGroups: [50n, 1002n] }, [1000, 1001, [1001, 1002, 6, 50]]],
    ['web', { supplementalGroups: [50n], supplementalGroupsPolicy: 1 }, [1000, 1001, [1001, 50]]],
  ];
  for (const [image, security, [uid, gid, additionalGids]] of table) {
    assert.deepEqual(
      user(image, security),
      { uid, gid, additionalGids },
      `${image} ${security?.runAsUsername}`,
    );
  }
});

test('a number too large for a user is not a name that an image gives to root (CVE-2026-46680, CVE-2024-40635)', () => {
  const numbers = ['4294967296', '2147483648', '00000000000', '-1', '+0', '18446744073709551616'];
  for (const number of numbers) {
    const hostile = {
      security: undefined,
      passwd: numbers.map((name) => `${name}:x:0:0::/:/bin/sh\n`).join(''),
      group: numbers.map((name) => `${name}:x:0:\n`).join(''),
    };
    for (const imageUser of [number, `1000:${number}`]) {
      assert.throws(
        () => processUser({ ...hostile, imageUser }),
        /is not between 0 and 2147483647/,
        imageUser,
      );
    }
  }
});

test('users that cannot be are refused by field', () => {
  const context = 'config\\.linux\\.security_context';
  const table: [string, Parameters<typeof user>[1], string][] = [
    ['nosuch', undefined, 'image config User "nosuch": unable to find user nosuch'],
    ['web:nosuch', undefined, 'image config User "web:nosuch": unable to find group nosuch'],
    ['4294967295', undefined, '4294967295 is not between 0 and 2147483647'],
    ['', { runAsUsername: 'nosuch' }, `${context}\\.run_as_username: unable to find user nosuch`],
    ['', { runAsGroup: { value: 1n } }, `${context}\\.run_as_group: a group is given without a user`],
    ['', { runAsUser: { value: -1n } }, `${context}\\.run_as_user: -1 is not between`],
    ['huge', undefined, "the container's files say that huge is 2147483648, which is not between"],
    ['below', undefined, "the container's files say that below is -1"],
    ['web:huge', undefined, "the container's files say that huge is 2147483648"],
    ['', { supplementalGroups: [1n, -2n] }, `${context}\\.supplemental_groups\\[1\\]: -2`],
  ];
  for (const [image, security, message] of table)
    assert.throws(() => user(image, security), new RegExp(message));
});
