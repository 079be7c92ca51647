import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SELinuxOption } from '@berth/cri/generated/api.ts';
import { asksForLabels, isSuperPrivileged, newLevel, type SelinuxRequest, selinuxLabels } from './selinux.ts';

const policy = {
  process: 'system_u:system_r:container_t:s0',
  file: 'system_u:object_r:container_file_t:s0',
};
const options = (parts: Partial<SELinuxOption>) => SELinuxOption.fromPartial(parts);
const labels = (request: Partial<SelinuxRequest>) =>
  selinuxLabels({
    policy,
    level: 's0:c1,c2',
    pod: undefined,
    privileged: false,
    hostNamespaces: false,
    ...request,
  });

const own = 'system_u:object_r:container_file_t:s0:c1,c2';
const table: [string, Partial<SelinuxRequest>, string, string][] = [
  ['nothing asked for: the pod’s level', {}, 'system_u:system_r:container_t:s0:c1,c2', own],
  [
    'a level is the files’ too',
    { pod: options({ level: 's0:c5,c6' }) },
    'system_u:system_r:container_t:s0:c5,c6',
    'system_u:object_r:container_file_t:s0:c5,c6',
  ],
  [
    'a type is the process’s only',
    { pod: options({ type: 'spc_t' }) },
    'system_u:system_r:spc_t:s0:c1,c2',
    own,
  ],
  [
    'a user is the files’ too, a role is not',
    { pod: options({ user: 'user_u', role: 'user_r' }) },
    'user_u:user_r:container_t:s0:c1,c2',
    'user_u:object_r:container_file_t:s0:c1,c2',
  ],
  [
    'a container’s parts take the place of the pod’s',
    { pod: options({ type: 'a_t', level: 's0:c3' }), container: options({ type: 'b_t' }) },
    'system_u:system_r:b_t:s0:c3',
    'system_u:object_r:container_file_t:s0:c3',
  ],
  ['an empty message asks for nothing', { pod: options({}), privileged: true }, '', own],
  ['the host’s processes in reach', { hostNamespaces: true }, '', ''],
  [
    'the host’s processes in reach, and yet a type',
    { hostNamespaces: true, container: options({ type: 'a_t' }) },
    'system_u:system_r:a_t:s0:c1,c2',
    own,
  ],
  ['a policy without levels', { policy: { process: 'u:r:p_t', file: 'u:r:f_t' } }, 'u:r:p_t', 'u:r:f_t'],
];
for (const [name, request, process, mount] of table) {
  test(name, () => assert.deepEqual(labels(request), { process, mount }));
}

test('without SELinux options are nothing, whatever they are', () => {
  for (const field of ['user', 'role', 'type', 'level'] as const) {
    for (const value of ['', 's0', 'no level']) {
      const asked = options({ [field]: value });
      for (const part of ['pod', 'container'] as const) {
        assert.equal(labels({ policy: undefined, [part]: asked }), undefined);
      }
      assert.equal(asksForLabels(asked), value !== '');
    }
  }
  assert.equal(asksForLabels(undefined), false);
});

test('parts that are none are refused', () => {
  for (const level of ['s0', 's0:c1', 's0-s15:c0.c1023', 's0:c1.c3,c7', 's0-s0:c0.c1023', 's0:c1-s1:c1,c2']) {
    assert.doesNotThrow(() => labels({ pod: options({ level }) }), level);
  }
  for (const level of ['c1', 's0:', 's0:c1,', 's0:c12345', 's0 ']) {
    assert.throws(() => labels({ pod: options({ level }) }), /selinux_options\.level: .* is not/, level);
  }
  assert.throws(() => labels({ pod: options({ type: 'a:b' }) }), /selinux_options\.type/);
});

test('a super privileged container', () => {
  const spc = options({ type: 'spc_t' });
  assert.ok(isSuperPrivileged(spc, undefined));
  assert.ok(isSuperPrivileged(undefined, spc));
  assert.ok(!isSuperPrivileged(spc, options({ type: 'a_t' })));
});

test('a new level is one that nobody has', () => {
  const numbers = [5, 5, 9, 2, 1, 7];
  assert.equal(
    newLevel(new Set(['s0:c2,c9']), () => numbers.shift() ?? 0),
    's0:c1,c7',
  );
});
