import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ContainerEventResponse, ContainerEventType } from '@berth/cri/generated/api.ts';
import { formatPhases, StartPhases } from './phases.ts';

const MS = 1_000_000n;
const { CONTAINER_CREATED_EVENT, CONTAINER_STARTED_EVENT } = ContainerEventType;
const sandbox = { id: 's', metadata: { uid: 'u' }, createdAt: 100n * MS };
const container = (startedAt: bigint, attempt = 0) => ({
  id: `c${attempt}`,
  metadata: { name: 'c', attempt },
  createdAt: 111n * MS,
  startedAt,
});
const event = (
  containerId: string,
  containerEventType: ContainerEventType,
  at: bigint,
  ...containersStatuses: object[]
) =>
  ContainerEventResponse.fromPartial({
    containerId,
    containerEventType,
    createdAt: at,
    podSandboxStatus: sandbox,
    containersStatuses,
  });

test('phases come from the events of a pod', () => {
  const phases = new StartPhases();
  assert.deepEqual(phases.of('u'), []);
  phases.record(event('s', CONTAINER_CREATED_EVENT, 108n * MS));
  assert.deepEqual(phases.of('u'), []);
  phases.record(event('s', CONTAINER_STARTED_EVENT, 109n * MS));
  phases.record(event('c0', CONTAINER_CREATED_EVENT, 118n * MS, container(0n)));
  assert.equal(formatPhases(phases.of('u')), 'sandbox 9 ms');
  phases.record(event('c0', CONTAINER_STARTED_EVENT, 125n * MS, container(125n * MS)));
  phases.record(
    event('c1', CONTAINER_STARTED_EVENT, 999n * MS, container(125n * MS), container(999n * MS, 1)),
  );
  assert.equal(formatPhases(phases.of('u')), 'sandbox 9 ms · image 2 ms · container 14 ms');
  assert.deepEqual(phases.of('other'), []);
});

test('long phases are in seconds', () => {
  assert.equal(formatPhases([{ name: 'image', ms: 12_345 }]), 'image 12.3 s');
});
