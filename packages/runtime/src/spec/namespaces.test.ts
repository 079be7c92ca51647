import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DeepPartial, NamespaceOption } from '@berth/cri/generated/api.ts';
import type { SandboxView } from './input.ts';
import { namespaces } from './namespaces.ts';

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

test('namespaces that cannot be are refused by field', () => {
  assert.throws(
    () => of({ pid: 1, usernsOptions: { mode: 0 } }),
    /namespace_options.userns_options: user namespaces/,
  );
  assert.doesNotThrow(() => of({ pid: 1, usernsOptions: { mode: 2 } }));
  assert.throws(() => of({ pid: 0 }), /namespace_options.pid: POD, but pod web/);
  assert.throws(() => of({ pid: 3, targetId: 'gone' }), /target_id: container "gone" is not running/);
});
