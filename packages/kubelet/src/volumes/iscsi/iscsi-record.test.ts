import assert from 'node:assert/strict';
import { test } from 'node:test';
import { iscsiDisk } from './iscsi-disk.ts';
import { diskOfRecord, iscsiRecord } from './iscsi-record.ts';

const source = { targetPortal: '192.0.2.1', portals: ['192.0.2.2'], iqn: 'iqn.2026-11.dev.berth:t', lun: 3 };

test('what is noted is what is read', () => {
  for (const disk of [
    iscsiDisk('v', source),
    iscsiDisk('v', { ...source, initiatorName: 'iqn.2026-11.dev.berth:i' }),
  ]) {
    assert.deepEqual(diskOfRecord(iscsiRecord(disk)), disk);
  }
});

test('the file of the real kubelet is read', () => {
  const text =
    '{"VolName":"v","Portals":["192.0.2.1:3260","192.0.2.2:3260"],"Iqn":"iqn.2026-11.dev.berth:t","Lun":"3","InitIface":"default","Iface":"default","InitiatorName":"","MetricsProvider":null}\n';
  assert.deepEqual(diskOfRecord(text), iscsiDisk('v', source));
  assert.equal(iscsiRecord(iscsiDisk('v', source)), text);
});

test('a file that is not whole says nothing', () => {
  for (const text of ['', '{', '[]', '{"Portals":[]}', '{"Portals":["p"],"Iqn":"i","Lun":"1"}']) {
    assert.equal(diskOfRecord(text), undefined);
  }
});
