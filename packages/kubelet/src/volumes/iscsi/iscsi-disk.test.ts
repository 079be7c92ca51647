import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  diskName,
  diskOfFolder,
  hasOwnIface,
  ifaceFolder,
  iscsiDisk,
  persistentDeviceName,
  portalAddress,
  sharesSession,
} from './iscsi-disk.ts';

const iqn = 'iqn.2026-11.dev.berth:disk-1';
const source = { targetPortal: '192.0.2.1', iqn, lun: 3 };

test('a portal has a port', () => {
  for (const [portal, address] of [
    ['192.0.2.1', '192.0.2.1:3260'],
    ['192.0.2.1:860', '192.0.2.1:860'],
    ['storage.example', 'storage.example:3260'],
    ['[2001:db8::1]', '[2001:db8::1]:3260'],
    ['[2001:db8::1]:860', '[2001:db8::1]:860'],
  ] as const) {
    assert.equal(portalAddress(portal), address);
  }
});

test('a volume with what it leaves out', () => {
  assert.deepEqual(iscsiDisk('v', source), {
    volName: 'v',
    portals: ['192.0.2.1:3260'],
    iqn,
    lun: 3,
    initIface: 'default',
    iface: 'default',
    initiatorName: '',
  });
});

test('each portal is tried once, the first one first', () => {
  const portals = ['192.0.2.2:3260', '192.0.2.1:3260', '192.0.2.2'];
  assert.deepEqual(iscsiDisk('v', { ...source, portals }).portals, ['192.0.2.1:3260', '192.0.2.2:3260']);
});

test('a volume with a name of the initiator has an interface of its own', () => {
  const own = iscsiDisk('v', { ...source, iscsiInterface: 'tcp', initiatorName: 'iqn.2026-11.dev.berth:i' });
  assert.deepEqual([own.initIface, own.iface, hasOwnIface(own)], ['tcp', '192.0.2.1:3260:v', true]);
  assert.equal(hasOwnIface(iscsiDisk('v', { ...source, iscsiInterface: 'tcp' })), false);
});

test('a name that leads out of the folder is refused', () => {
  for (const [change, name] of [
    [{ iscsiInterface: '../../x' }, '../../x'],
    [{ iqn: `${iqn}/../x` }, `${iqn}/../x`],
    [{ targetPortal: 'a/b:1' }, 'a/b:1'],
  ] as const) {
    assert.throws(() => iscsiDisk('v', { ...source, ...change }), {
      message: `"${name}" cannot be part of the name of a file`,
    });
  }
});

test('the names of the folder lead back to the LUN', () => {
  for (const each of [
    source,
    { ...source, targetPortal: 'a-b.example:860', iscsiInterface: 'be2iscsi.a' },
    { ...source, iqn: 'eui.0123456789abcdef' },
    { ...source, iqn: 'naa.0123456789abcdef0123456789abcdef' },
    { ...source, iqn: 'iqn.2026-11.dev.berth:x-lun-7' },
    { ...source, targetPortal: '[2001:db8::1]' },
  ]) {
    const { portals, iqn: name, lun, iface } = iscsiDisk('v', each);
    const found = diskOfFolder(ifaceFolder(iface), diskName(iscsiDisk('v', each)));
    assert.deepEqual(found && [found.portals, found.iqn, found.lun, found.iface], [
      portals,
      name,
      lun,
      iface,
    ]);
  }
  for (const name of ['', 'x', '192.0.2.1:3260-iqn.a', '192.0.2.1:3260-lun-1']) {
    assert.equal(diskOfFolder('iface-default', name), undefined);
  }
  assert.equal(diskOfFolder('volumeDevices', `192.0.2.1:3260-${iqn}-lun-1`), undefined);
});

test('a disk has the name that udev gives it', () => {
  for (const [portal, path] of [
    ['192.0.2.1:3260', `/dev/disk/by-path/ip-192.0.2.1:3260-iscsi-${iqn}-lun-3`],
    ['[2001:db8::1]:3260', `/dev/disk/by-path/ip-2001:db8::1:3260-iscsi-${iqn}-lun-3`],
  ] as const) {
    assert.equal(persistentDeviceName(portal, iscsiDisk('v', source)), path);
  }
});

test('volumes of the same portal and target share a session', () => {
  for (const [name, shares] of [
    [`192.0.2.1:3260-${iqn}-lun-4`, true],
    [`192.0.2.1:3260-${iqn}1-lun-4`, false],
    [`192.0.2.2:3260-${iqn}-lun-4`, false],
  ] as const) {
    assert.equal(sharesSession(['x', name], '192.0.2.1:3260', iqn), shares);
  }
});
