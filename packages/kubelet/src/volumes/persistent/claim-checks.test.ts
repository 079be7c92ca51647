import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testPod } from '../../testing/pod.ts';
import { boundVolume, checkBound, checkOwner, checkVolumeMode, claimOf } from './claim-checks.ts';

const pod = testPod({ containers: [{ name: 'main' }] });

test('a volume refers to a claim by its name, or to the one that is made for the pod', () => {
  assert.deepEqual(claimOf(pod, { name: 'v', persistentVolumeClaim: { claimName: 'c', readOnly: true } }), {
    claimName: 'c',
    isReadOnly: true,
    isPodsOwn: false,
  });
  assert.deepEqual(claimOf(pod, { name: 'v', ephemeral: {} }), {
    claimName: 'p-v',
    isReadOnly: false,
    isPodsOwn: true,
  });
  assert.equal(claimOf(pod, { name: 'v', emptyDir: {} }), undefined);
});

test('a claim is of use when it is bound and stays', () => {
  const bound = { spec: { volumeName: 'pv' }, status: { phase: 'Bound' } };
  const deletionTimestamp = '2026-01-02T03:04:05Z';
  assert.equal(boundVolume(bound), 'pv');
  const protectedOne = {
    ...bound,
    metadata: { deletionTimestamp, finalizers: ['kubernetes.io/pvc-protection'] },
  };
  assert.equal(boundVolume(protectedOne), 'pv');
  assert.throws(
    () => boundVolume({ ...bound, metadata: { deletionTimestamp } }),
    /^Error: PVC is being deleted$/,
  );
  assert.throws(() => boundVolume({ ...bound, status: { phase: 'Pending' } }), /^Error: PVC is not bound$/);
  assert.throws(() => boundVolume({ status: { phase: 'Bound' } }), /PVC has empty pvc.Spec.VolumeName/);
});

test('a claim that is made for a pod is owned by it', () => {
  const claim = (owner: object) => ({
    metadata: {
      name: 'p-v',
      namespace: 'default',
      ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'u', controller: true, ...owner }],
    },
  });
  checkOwner(pod, claim({}));
  for (const owner of [{ uid: 'other' }, { controller: false }]) {
    assert.throws(() => checkOwner(pod, claim(owner)), {
      message: 'PVC default/p-v was not created for pod default/p (pod is not owner)',
    });
  }
});

test('a persistent volume belongs to one claim', () => {
  const volume = (claimRef?: object) => ({
    metadata: { name: 'pv' },
    spec: { ...(claimRef && { claimRef }) },
  });
  checkBound(volume({ uid: 'c' }), 'c');
  assert.throws(() => checkBound(volume(), 'c'), /nil pv\.Spec\.ClaimRef/);
  assert.throws(() => checkBound(volume({ uid: 'd' }), 'c'), /UID d does not point to claim\.UID c$/);
});

test('a file system is mounted, and a block volume is a device', () => {
  const volume = (volumeMode?: string) => ({ spec: { ...(volumeMode && { volumeMode }) } });
  checkVolumeMode('v', volume(), { isMounted: true, isDevice: false });
  checkVolumeMode('v', volume('Block'), { isMounted: false, isDevice: true });
  assert.throws(() => checkVolumeMode('v', volume('Block'), { isMounted: true, isDevice: false }), {
    message: 'volume v has volumeMode Block, but is specified in volumeMounts',
  });
  assert.throws(() => checkVolumeMode('v', volume('Filesystem'), { isMounted: false, isDevice: true }), {
    message: 'volume v has volumeMode Filesystem, but is specified in volumeDevices',
  });
});
