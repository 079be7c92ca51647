import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testPod } from '../../testing/pod.ts';
import {
  attachmentName,
  inlineCsiVolume,
  persistentCsiVolume,
  podAttributes,
  volumeInNodeStatus,
  withLabel,
} from './csi-volume.ts';

const pod = testPod({ containers: [{ name: 'main' }], serviceAccountName: 'sa' });

test('a volume that a pod describes has a handle of its own for each pod', () => {
  const source = { driver: 'd', nodePublishSecretRef: { name: 's' }, volumeAttributes: { a: 'b' } };
  const volume = inlineCsiVolume(pod, 'v', source);
  assert.match(volume.handle, /^csi-[0-9a-f]{64}$/);
  assert.notEqual(volume.handle, inlineCsiVolume(pod, 'w', source).handle);
  assert.deepEqual(volume.publishSecret, { namespace: 'default', name: 's' });
  assert.deepEqual([volume.mode, volume.fsType, volume.isReadOnly], ['Ephemeral', '', false]);
});

test('a persistent volume is known by its handle', () => {
  assert.equal(persistentCsiVolume({ spec: { nfs: { server: 's', path: '/' } } }, false), undefined);
  const volume = persistentCsiVolume(
    {
      metadata: { name: 'pv' },
      spec: {
        accessModes: ['ReadWriteMany'],
        mountOptions: ['noatime'],
        csi: {
          driver: 'd',
          volumeHandle: 'h',
          fsType: 'ext4',
          nodeStageSecretRef: { namespace: 'n', name: 's' },
          nodePublishSecretRef: { name: 'without a namespace' },
        },
      },
    },
    true,
  );
  assert.deepEqual(volume, {
    specName: 'pv',
    driver: 'd',
    handle: 'h',
    mode: 'Persistent',
    volumeMode: 'Filesystem',
    fsType: 'ext4',
    attributes: {},
    isReadOnly: true,
    accessModes: ['ReadWriteMany'],
    mountOptions: ['noatime'],
    label: '',
    stageSecret: { namespace: 'n', name: 's' },
    publishSecret: undefined,
    expandSecret: undefined,
  });
});

test('a label is a mount option', () => {
  const volume = inlineCsiVolume(pod, 'v', { driver: 'd' });
  assert.equal(withLabel(volume, ''), volume);
  const label = 'u:r:t:s0:c1,c2';
  assert.deepEqual(withLabel({ ...volume, mountOptions: ['noatime'] }, label), {
    ...volume,
    label,
    mountOptions: ['noatime', `context="${label}"`],
  });
});

test('a persistent volume is a block device when it says so', () => {
  const csi = { driver: 'd', volumeHandle: 'h' };
  const modes = [undefined, 'Filesystem', 'Block'].map(
    (volumeMode) =>
      persistentCsiVolume({ spec: { csi, ...(volumeMode && { volumeMode }) } }, false)?.volumeMode,
  );
  assert.deepEqual(modes, ['Filesystem', 'Filesystem', 'Block']);
});

test('names in the API are those that controllers compute', () => {
  const volume = { driver: 'd', handle: 'h' };
  assert.equal(volumeInNodeStatus(volume), 'kubernetes.io/csi/d^h');
  assert.equal(
    attachmentName(volume, 'n'),
    'csi-9072ed11cc1acb5fa433a877ff339b6311d013f33bddd1d0092711a8ace5b16d',
  );
  assert.equal(podAttributes(pod, 'Ephemeral')['csi.storage.k8s.io/serviceAccount.name'], 'sa');
  assert.equal(podAttributes(pod, 'Persistent')['csi.storage.k8s.io/ephemeral'], 'false');
});
