import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AuditedRequest } from '../cluster/audit.ts';
import type { ServedEvent, ServedPod } from './cluster-log.ts';
import { comparableEvents, comparablePod, requestCounts, statesOf } from './observe.ts';
import type { SideName } from './side.ts';

const id = 'ab'.repeat(32);

function podOf(side: SideName, status: ServedPod['status'], metadata: object = {}): ServedPod {
  return {
    metadata: {
      name: 'web',
      namespace: `cmp-${side}`,
      uid: `uid-of-${side}`,
      resourceVersion: side,
      generation: 1,
      ...metadata,
    },
    spec: { containers: [{ name: 'main' }] },
    status,
  };
}

const running = (side: SideName): ServedPod =>
  podOf(side, {
    phase: 'Running',
    observedGeneration: 1,
    podIP: side === 'real' ? '10.200.0.2' : '10.201.0.9',
    conditions: [{ type: 'Ready', status: 'True' }],
    containerStatuses: [
      {
        name: 'main',
        ready: true,
        restartCount: 0,
        containerID: `${side === 'real' ? 'containerd' : 'berth'}://${id}`,
        state: { running: { startedAt: '2026-11-30T10:00:00Z' } },
      },
    ],
  });

test('two nodes that do the same are alike', () => {
  assert.deepEqual(comparablePod('real', running('real')), comparablePod('ours', running('ours')));
});

test('each state of a pod is told once', () => {
  const pending = podOf('ours', { phase: 'Pending' });
  const versions = [pending, pending, running('ours'), running('ours')];
  assert.deepEqual(statesOf('ours', { versions, isDeleted: true }), [
    'Pending | generation 1, observed none |  | ',
    'Running | generation 1, observed 1 | Ready=True | main: running, ready, 0 restarts',
    'deleted',
  ]);
});

function eventOf(reason: string, count: number, message: string): ServedEvent {
  return {
    metadata: { name: 'web.18a2b3c4d5e6f708', uid: 'u', resourceVersion: '7' },
    involvedObject: { kind: 'Pod', name: 'web', uid: 'uid-of-ours' },
    type: 'Normal',
    reason,
    message,
    count,
  };
}

test('events are told in their order, and how often each was', () => {
  const events = [eventOf('Pulled', 1, 'image'), eventOf('Started', 2, `container ${id}`)];
  const told = comparableEvents('ours', events, running('ours'), { areRepeated: false });
  assert.deepEqual(told, {
    lines: ['Normal Pulled: image', 'Normal Started: container ID-main-0'],
    'of probes': [],
    fields: {
      'Normal Pulled: image': fieldsOf('Pulled', 1, 'image'),
      'Normal Started: container ID-main-0': fieldsOf('Started', 2, 'container ID-main-0'),
    },
  });
});

function fieldsOf(reason: string, count: number, message: string) {
  return {
    involvedObject: { kind: 'Pod', name: 'web', uid: 'UID' },
    type: 'Normal',
    reason,
    message,
    metadata: { name: 'web.STAMP', managedFields: [] },
    count,
  };
}

test('of events that repeat, spans and counts are left out', () => {
  const of = (seconds: number) =>
    comparableEvents('ours', [eventOf('BackOff', seconds, `Back-off for ${seconds}s`)], running('ours'), {
      areRepeated: true,
    });
  assert.deepEqual(of(10), of(20));
});

test('requests are counted by their kind', () => {
  const get: AuditedRequest = {
    verb: 'get',
    resource: 'pods',
    name: 'web',
    namespace: 'n',
    user: 'u',
    userAgent: '',
    code: 200,
    body: undefined,
  };
  assert.deepEqual(requestCounts([get, get, { ...get, resource: 'pods/status', verb: 'patch' }]), {
    'get pods 200': { '~atMost': 2 },
    'patch pods/status 200': { '~atMost': 1 },
  });
});
