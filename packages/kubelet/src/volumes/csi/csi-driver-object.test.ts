import assert from 'node:assert/strict';
import { test } from 'node:test';
import { appliesGroup, type CsiDriverObject, checkLifecycleMode, needsAttach } from './csi-driver-object.ts';

const driver = (spec: CsiDriverObject['spec']): CsiDriverObject => ({ spec });

test('a driver is for volumes of the modes that its object names', () => {
  checkLifecycleMode('d', undefined, 'Persistent');
  checkLifecycleMode('d', driver({}), 'Persistent');
  checkLifecycleMode('d', driver({ volumeLifecycleModes: ['Ephemeral'] }), 'Ephemeral');
  assert.throws(() => checkLifecycleMode('d', undefined, 'Ephemeral'), /\(no CSIDriver object\)/);
  assert.throws(() => checkLifecycleMode('d', driver({}), 'Ephemeral'), /\(only supports \["Persistent"\]\)/);
  const only = driver({ volumeLifecycleModes: ['Ephemeral'] });
  assert.throws(() => checkLifecycleMode('d', only, 'Persistent'), /volume mode "Persistent" not supported/);
});

test('volumes are attached unless the object says that they need not be', () => {
  assert.equal(needsAttach(undefined), true);
  assert.equal(needsAttach(driver({})), true);
  assert.equal(needsAttach(driver({ attachRequired: true })), true);
  assert.equal(needsAttach(driver({ attachRequired: false })), false);
});

test('the kubelet applies a group as the policy of the driver says', () => {
  const facts = {
    fsGroup: 7,
    isReadOnly: false,
    fsType: 'ext4',
    accessModes: ['ReadWriteOnce'],
    mode: 'Persistent',
  } as const;
  const cases: [
    policy: string | undefined,
    change: Partial<Parameters<typeof appliesGroup>[1]>,
    applies: boolean,
  ][] = [
    [undefined, {}, true],
    [undefined, { fsType: '' }, false],
    [undefined, { accessModes: ['ReadWriteMany'] }, false],
    [undefined, { accessModes: ['ReadWriteOncePod'] }, true],
    [undefined, { accessModes: undefined }, false],
    [undefined, { accessModes: undefined, mode: 'Ephemeral' }, true],
    [undefined, { mode: 'Ephemeral', fsType: '' }, false],
    ['File', { fsType: '', accessModes: ['ReadWriteMany'] }, true],
    ['File', { isReadOnly: true }, false],
    ['File', { fsGroup: undefined }, false],
    ['None', {}, false],
  ];
  for (const [fsGroupPolicy, change, applies] of cases) {
    const object = fsGroupPolicy === undefined ? undefined : driver({ fsGroupPolicy });
    assert.equal(
      appliesGroup(object, { ...facts, ...change }),
      applies,
      `${fsGroupPolicy} ${JSON.stringify(change)}`,
    );
  }
});
