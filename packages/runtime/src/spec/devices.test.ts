import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LinuxDevice } from '@berth/oci/runtime-spec/config.ts';
import { containerDevices } from './devices.ts';

const fuse: LinuxDevice = {
  path: '/dev/fuse',
  type: 'c',
  major: 10,
  minor: 229,
  fileMode: 0o666,
  uid: 0,
  gid: 0,
};
const disk: LinuxDevice = { path: '/dev/vda', type: 'b', major: 254, minor: 0 };
const nothing: LinuxDevice = { path: '/dev/null', type: 'c', major: 1, minor: 3 };

test('only requested devices are allowed', () => {
  assert.deepEqual(
    containerDevices({ requested: [{ device: fuse, access: 'rw' }], hostDevices: [disk], privileged: false }),
    {
      devices: [fuse],
      rules: [
        { allow: false, access: 'rwm' },
        { allow: true, type: 'c', major: 10, minor: 229, access: 'rw' },
      ],
    },
  );
});

test('a device that may be used for nothing is made, and stays denied', () => {
  assert.deepEqual(
    containerDevices({ requested: [{ device: fuse, access: '' }], hostDevices: [], privileged: false }),
    { devices: [fuse], rules: [{ allow: false, access: 'rwm' }] },
  );
});

test('a privileged container has all of the host, without what the runtime makes', () => {
  assert.deepEqual(
    containerDevices({
      requested: [{ device: fuse, access: 'r' }],
      hostDevices: [fuse, disk, nothing],
      privileged: true,
    }),
    { devices: [disk, fuse], rules: [{ allow: true, access: 'rwm' }] },
  );
});
