import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PersistentVolume, PersistentVolumeSpec } from 'kubernetes-types/core/v1.d.ts';
import { FakeApi } from '../../testing/fake-api.ts';
import { testPod } from '../../testing/pod.ts';
import { persistentIscsiVolume } from './persistent-iscsi.ts';

const pod = testPod({ containers: [{ name: 'a' }] });
const iscsi = { targetPortal: 'p', iqn: 'iqn.2026-11.dev.berth:t', lun: 1 };
const api = new FakeApi();
const volumeOf = (spec: PersistentVolumeSpec, annotations = {}, isReadOnly = false) => {
  const persistent: PersistentVolume = { metadata: { name: 'pv', annotations }, spec };
  return persistentIscsiVolume(api.client, pod, persistent, isReadOnly);
};

test('a persistent volume of iSCSI, and one of another kind', () => {
  const volume = volumeOf({ iscsi, mountOptions: ['noatime'] });
  assert.deepEqual(
    [volume?.name, volume?.source, volume?.isReadOnly, volume?.mountOptions],
    ['pv', iscsi, false, ['noatime']],
  );
  assert.equal(volumeOf({ hostPath: { path: '/' } }), undefined);
});

test('the claim or the volume makes it read-only; the annotation is before the field', () => {
  assert.equal(volumeOf({ iscsi }, {}, true)?.isReadOnly, true);
  assert.equal(volumeOf({ iscsi: { ...iscsi, readOnly: true } })?.isReadOnly, true);
  const annotations = { 'volume.beta.kubernetes.io/mount-options': 'noexec,nodev' };
  assert.deepEqual(volumeOf({ iscsi, mountOptions: ['noatime'] }, annotations)?.mountOptions, [
    'noexec',
    'nodev',
  ]);
});

test('its secret is read from the API server', async () => {
  const withSecret = { iscsi: { ...iscsi, secretRef: { name: 's', namespace: 'n' } } };
  await assert.rejects(async () => volumeOf(withSecret)?.secret(), {
    message: /^couldn't get secret n\/s error: /,
  });
  const data = { 'node.session.auth.username': Buffer.from('me').toString('base64') };
  api.set('secrets', 's', Object.assign({ metadata: {} }, { data }));
  assert.deepEqual(await volumeOf(withSecret)?.secret(), { 'node.session.auth.username': 'me' });
  assert.deepEqual(await volumeOf({ iscsi })?.secret(), {});
});
