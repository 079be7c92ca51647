import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ContainerEventResponse, ContainerEventType } from '@berth/cri/generated/api.ts';
import { formatPhases, StartPhases } from './phases.ts';

const nanosPerMs = 1_000_000n;
const { CONTAINER_CREATED_EVENT, CONTAINER_STARTED_EVENT } = ContainerEventType;
const sandbox = { id: 's', metadata: { uid: 'u' }, createdAt: 100n * nanosPerMs };
const container = (startedAt: bigint, attempt = 0) => ({
  id: `c${attempt}`,
  metadata: { name: 'c', attempt },
  createdAt: 111n * nanosPerMs,
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
  phases.record(event('s', CONTAINER_CREATED_EVENT, 108n * nanosPerMs));
  assert.deepEqual(phases.of('u'), []);
  phases.record(event('s', CONTAINER_STARTED_EVENT, 109n * nanosPerMs));
  phases.record(event('c0', CONTAINER_CREATED_EVENT, 118n * nanosPerMs, container(0n)));
  assert.equal(formatPhases(phases.of('u')), 'sandbox 9 ms');
  phases.record(event('c0', CONTAINER_STARTED_EVENT, 125n * nanosPerMs, container(125n * nanosPerMs)));
  phases.record(
    event(
      'c1',
      CONTAINER_STARTED_EVENT,
      999n * nanosPerMs,
      container(125n * nanosPerMs),
      container(999n * nanosPerMs, 1),
    ),
  );
  assert.equal(formatPhases(phases.of('u')), 'sandbox 9 ms · image 2 ms · container 14 ms');
  assert.deepEqual(phases.of('other'), []);
});

test('long phases are in seconds', () => {
  assert.equal(formatPhases([{ name: 'image', ms: 12_345 }]), 'image 12.3 s');
});
