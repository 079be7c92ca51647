import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { testContainer } from '../testing/pod.ts';
import type { PreparedVolume } from './plugin.ts';
import { volumeDevices } from './volume-devices.ts';

const scratch = mkdtempSync(join(tmpdir(), 'volume-devices-'));
after(() => rmSync(scratch, { recursive: true }));
const link = join(scratch, 'link');
symlinkSync('/dev/no-such-device', link);

const volumes = new Map<string, PreparedVolume>([
  ['disk', { from: 'device', link, isReadOnly: false }],
  ['read', { from: 'device', link, isReadOnly: true }],
  ['lost', { from: 'device', link: join(scratch, 'absent'), isReadOnly: false }],
  ['files', { from: 'node', path: scratch, isReadOnly: false, isRelabelled: false }],
]);
const container = (name: string, devicePath: string) =>
  testContainer({ name: 'main', volumeDevices: [{ name, devicePath }] });

test('a container gets the devices of its volumes by their links', () => {
  assert.deepEqual(volumeDevices(testContainer({ name: 'main' }), volumes), []);
  const table: [volume: string, devices: object[]][] = [
    ['disk', [{ hostPath: link, containerPath: '/dev/x', permissions: 'mrw' }]],
    ['read', [{ hostPath: link, containerPath: '/dev/x', permissions: 'r' }]],
    ['lost', []],
  ];
  for (const [volume, devices] of table) {
    assert.deepEqual(volumeDevices(container(volume, '/dev/x'), volumes), devices);
  }
});

test('a device that a container cannot have', () => {
  const table: [volume: string, devicePath: string, message: string][] = [
    ['files', '/dev/x', 'cannot find volume "files" to pass into container "main"'],
    ['none', '/dev/x', 'cannot find volume "none" to pass into container "main"'],
    ['disk', 'dev/x', 'error DevicePath `dev/x` must be an absolute path'],
  ];
  for (const [volume, devicePath, message] of table) {
    assert.throws(() => volumeDevices(container(volume, devicePath), volumes), { message });
  }
});
