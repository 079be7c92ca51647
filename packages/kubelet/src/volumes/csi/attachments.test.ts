import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attachProblem, publishContext } from './attachments.ts';

test('a volume waits until it is reported in use, and then until it is attached', () => {
  const volume = 'kubernetes.io/csi/d^h';
  const node = (status: object) => ({ metadata: { name: 'n' }, status });
  const inUse = { volumesInUse: [volume] };
  assert.match(attachProblem(undefined, volume) ?? '', /VolumesInUse/);
  assert.match(attachProblem(node({}), volume) ?? '', /VolumesInUse/);
  assert.match(attachProblem(node(inUse), volume) ?? '', /^Volume not attached/);
  const attached = { ...inUse, volumesAttached: [{ name: volume, devicePath: '' }] };
  assert.equal(attachProblem(node(attached), volume), undefined);
});

test('the attachment has what the driver is told', () => {
  const attachment = (status: object | undefined, metadata: object = { name: 'csi-1' }) =>
    ({ metadata, spec: { attacher: 'd', nodeName: 'n', source: {} }, status }) as Parameters<
      typeof publishContext
    >[0];
  assert.deepEqual(publishContext(attachment({ attached: true }), 'h'), {});
  assert.deepEqual(publishContext(attachment({ attached: true, attachmentMetadata: { a: 'b' } }), 'h'), {
    a: 'b',
  });
  assert.throws(() => publishContext(attachment(undefined), 'h'), /volume h is not attached/);
  assert.throws(
    () => publishContext(attachment({ attached: false, attachError: { message: 'no disk' } }), 'h'),
    /^Error: no disk$/,
  );
  const ending = { name: 'csi-1', deletionTimestamp: '2026-01-02T03:04:05Z' };
  assert.throws(() => publishContext(attachment({ attached: true }, ending), 'h'), /is being deleted/);
});
