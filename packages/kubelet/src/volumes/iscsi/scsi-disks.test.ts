import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import {
  deleteDisk,
  disksOf,
  isClaimed,
  multipathOf,
  scanLun,
  sessionsWith,
  sessionThrough,
} from './scsi-disks.ts';

const sysfs = mkdtempSync(join(tmpdir(), 'scsi-disks-'));
after(() => rmSync(sysfs, { recursive: true }));
const iqn = 'iqn.2026-11.dev.berth:t';

function write(path: string, text: string): void {
  mkdirSync(dirname(join(sysfs, path)), { recursive: true });
  writeFileSync(join(sysfs, path), text);
}

/** A session as the kernel shows it, with disks by LUN. */
function session(
  number: number,
  facts: { target: string; iface?: string; address: string; told?: string; disks?: Record<number, string> },
): void {
  const { target, iface, address, told = address, disks = {} } = facts;
  const path = `class/iscsi_host/host${number}/device/session${number}`;
  write(`${path}/iscsi_session/session${number}/targetname`, `${target}\n`);
  if (iface) write(`${path}/iscsi_session/session${number}/ifacename`, `${iface}\n`);
  const connection = `${path}/connection${number}:0/iscsi_connection/connection${number}:0`;
  write(`${connection}/address`, `${address}\n`);
  write(`${connection}/port`, '3260\n');
  write(`${connection}/persistent_address`, `${told}\n`);
  write(`${connection}/persistent_port`, '860\n');
  for (const [lun, name] of Object.entries(disks)) {
    write(`${path}/target${number}:0:0/${number}:0:0:${lun}/block/${name}/size`, '1');
  }
}

test('without iSCSI there are no sessions', async () => {
  assert.deepEqual(await sessionsWith(iqn, sysfs), []);
});

test('sessions by target, portal and interface, and their disks', async () => {
  session(2, { target: iqn, iface: 'default', address: '192.0.2.1', disks: { 1: 'sda', 11: 'sdb' } });
  session(3, { target: iqn, iface: '192.0.2.1:3260:v', address: '192.0.2.1', told: '192.0.2.9' });
  session(4, { target: `${iqn}2`, iface: 'default', address: '192.0.2.1' });
  session(5, { target: iqn, iface: '(null)', address: '2001:db8::1' });
  const sessions = await sessionsWith(iqn, sysfs);
  assert.deepEqual(
    sessions.map(({ host, portals, iface }) => [host, portals, iface]),
    [
      [2, ['192.0.2.1:3260', '192.0.2.1:860'], 'default'],
      [3, ['192.0.2.1:3260', '192.0.2.9:860'], '192.0.2.1:3260:v'],
      [5, ['[2001:db8::1]:3260', '[2001:db8::1]:860'], ''],
    ],
  );
  for (const [portal, iface, host] of [
    ['192.0.2.1:3260', 'default', 2],
    ['192.0.2.9:860', '192.0.2.1:3260:v', 3],
    ['192.0.2.9:860', 'default', undefined],
    ['[2001:db8::1]:3260', 'default', 5],
  ] as const) {
    assert.equal(sessionThrough(sessions, portal, iface)?.host, host);
  }
  const [first] = sessions;
  assert.ok(first);
  assert.deepEqual(await disksOf(first, 1), ['sda']);
  assert.deepEqual(await disksOf(first, 2), []);
  assert.deepEqual(await disksOf(first), ['sda', 'sdb']);
});

test('the kernel is told to look for one LUN, and to forget a disk', async () => {
  write('class/scsi_host/host2/scan', '');
  await scanLun(2, 7, sysfs);
  assert.equal(readFileSync(join(sysfs, 'class/scsi_host/host2/scan'), 'utf8'), '0 0 7');
  write('block/sda/device/delete', '');
  await deleteDisk('sda', sysfs);
  assert.equal(readFileSync(join(sysfs, 'block/sda/device/delete'), 'utf8'), '1');
  await deleteDisk('sdz', sysfs);
  assert.ok(!existsSync(join(sysfs, 'block/sdz')));
});

test('only a map of multipathd is a device of several paths', async () => {
  write('block/sda/holders/dm-0/x', '');
  write('block/sda/holders/dm-1/x', '');
  write('block/dm-0/dm/uuid', 'LVM-abc\n');
  assert.equal(await multipathOf('sda', sysfs), undefined);
  write('block/dm-1/dm/uuid', 'mpath-36000\n');
  assert.equal(await multipathOf('sda', sysfs), 'dm-1');
  assert.equal(await multipathOf('sdz', sysfs), undefined);
});

test('a device that is gone is used by nobody', async () => {
  assert.equal(await isClaimed(join(sysfs, 'none')), false);
});
