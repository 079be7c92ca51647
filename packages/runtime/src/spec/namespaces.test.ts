import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DeepPartial, NamespaceOption } from '@berth/cri/generated/api.ts';
import type { SandboxView } from './input.ts';
import { idMappings, namespaces } from './namespaces.ts';

const pod: SandboxView = {
  id: 's1',
  name: 'web',
  namespace: 'default',
  uid: 'u1',
  hostname: 'web',
  cgroupParent: '/kubepods/podu1',
  privileged: false,
  namespaces: { network: '/ns/net', ipc: '/ns/ipc', uts: '/ns/uts' },
  hostPid: false,
  files: {},
};

function of(
  request: DeepPartial<NamespaceOption> | undefined,
  change: Partial<Parameters<typeof namespaces>[0]> = {},
): string[] {
  return namespaces({
    request: request === undefined ? undefined : NamespaceOption.fromPartial(request),
    sandbox: pod,
    targetPid: undefined,
    cgroupVersion: 'v1',
    privileged: false,
    warn: assert.fail,
    ...change,
  }).map(({ type, path }) => (path === undefined ? type : `${type}:${path}`));
}

const joined = ['mount', 'network:/ns/net', 'ipc:/ns/ipc', 'uts:/ns/uts'];

test('which namespaces a container has', () => {
  assert.deepEqual(of({ pid: 1 }), [...joined, 'pid']);
  assert.deepEqual(of({ pid: 2 }), joined);
  assert.deepEqual(of({ pid: 0 }, { sandbox: { ...pod, initPid: 7 } }), [...joined, 'pid:/proc/7/ns/pid']);
  assert.deepEqual(of(undefined, { sandbox: { ...pod, initPid: 7 } }), [...joined, 'pid:/proc/7/ns/pid']);
  assert.deepEqual(of({ pid: 0 }, { sandbox: { ...pod, hostPid: true } }), joined);
  assert.deepEqual(of(undefined), [...joined, 'pid']);
  assert.deepEqual(of(undefined, { sandbox: { ...pod, hostPid: true } }), joined);
  assert.deepEqual(of({ pid: 3, targetId: 'c' }, { targetPid: 9 }), [...joined, 'pid:/proc/9/ns/pid']);
  assert.deepEqual(of({ pid: 1 }, { sandbox: { ...pod, namespaces: {} } }), ['mount', 'pid']);
  assert.deepEqual(of({ pid: 1 }, { cgroupVersion: 'v2' }), [...joined, 'pid', 'cgroup']);
  assert.deepEqual(of({ pid: 1 }, { cgroupVersion: 'v2', privileged: true }), [...joined, 'pid']);
});

const range = [{ containerId: 0, hostId: 100_000, length: 65_536 }];
const users = { uids: range, gids: range };
const shifted = { ...pod, users, namespaces: { user: '/ns/user', ...pod.namespaces } };

test('the user namespace is the first to join, and whom it maps is said besides', () => {
  const expected = ['mount', 'user:/ns/user', ...joined.slice(1), 'pid'];
  assert.deepEqual(of({ pid: 1, usernsOptions: { mode: 0, ...users } }, { sandbox: shifted }), expected);
  assert.deepEqual(of({ pid: 1 }, { sandbox: shifted }), expected);
  const mapped = [{ containerID: 0, hostID: 100_000, size: 65_536 }];
  assert.deepEqual(idMappings(shifted), { uidMappings: mapped, gidMappings: mapped });
  assert.deepEqual(idMappings(pod), {});
});

test('namespaces that cannot be are refused by field', () => {
  const other = { mode: 0 as const, uids: [{ containerId: 0, hostId: 1, length: 1 }], gids: range };
  for (const [usernsOptions, sandbox] of [
    [other, shifted],
    [{ mode: 2 as const }, shifted],
    [{ mode: 0 as const, ...users }, pod],
  ] as const) {
    assert.throws(
      () => of({ pid: 1, usernsOptions }, { sandbox }),
      /userns_options: is different from the pod's/,
    );
  }
  assert.doesNotThrow(() => of({ pid: 1, usernsOptions: { mode: 2 } }));
  assert.throws(() => of({ pid: 3, targetId: 'gone' }), /target_id: container "gone" is not running/);
});

test('POD, or nothing said, in a pod without a shared PID namespace is an own one', () => {
  for (const request of [{ pid: 0 as const }, {}]) {
    const warnings: string[] = [];
    const warn = (field: string, problem: string) => warnings.push(`${field}: ${problem}`);
    assert.deepEqual(of(request, { warn }), [...joined, 'pid']);
    assert.match(
      warnings.join(),
      /namespace_options\.pid: pod web was not created with a shared PID namespace/,
    );
  }
});
