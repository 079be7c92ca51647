import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ContainerAllocateResponse } from '../generated/device-plugin.ts';
import { containerDevices } from './container-devices.ts';

test('a container gets what all plugins answer, and of contradictions the first', () => {
  const conflicts: string[] = [];
  const made = containerDevices(
    [
      ContainerAllocateResponse.fromPartial({
        envs: { A: '1', B: '1' },
        annotations: { x: '1' },
        mounts: [{ containerPath: '/m', hostPath: '/1', readOnly: true }],
        devices: [{ containerPath: '/dev/d', hostPath: '/dev/1', permissions: 'r' }],
        cdiDevices: [{ name: 'v/c=1' }],
      }),
      ContainerAllocateResponse.fromPartial({
        envs: { A: '2', B: '1', C: '2' },
        annotations: { x: '2' },
        mounts: [
          { containerPath: '/m', hostPath: '/2' },
          { containerPath: '/n', hostPath: '/2' },
        ],
        devices: [{ containerPath: '/dev/d', hostPath: '/dev/2', permissions: 'rw' }],
        cdiDevices: [{ name: 'v/c=1' }, { name: 'v/c=2' }],
      }),
    ],
    (what, name) => conflicts.push(`${what} ${name}`),
  );
  assert.deepEqual(Object.fromEntries(made.envs), { A: '1', B: '1', C: '2' });
  assert.deepEqual(Object.fromEntries(made.annotations), { x: '1' });
  assert.deepEqual(
    made.mounts.map(({ containerPath, hostPath, readOnly }) => [containerPath, hostPath, readOnly]),
    [
      ['/m', '/1', true],
      ['/n', '/2', false],
    ],
  );
  assert.deepEqual(made.devices, [{ containerPath: '/dev/d', hostPath: '/dev/1', permissions: 'r' }]);
  assert.deepEqual(made.cdiDevices, ['v/c=1', 'v/c=2']);
  assert.deepEqual(conflicts, ['environment variable A', 'annotation x', 'mount /m', 'device /dev/d']);
});
