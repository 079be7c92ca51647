import assert from 'node:assert/strict';
import { test } from 'node:test';
import { redirectLog, setVerbosity } from '../klog/klog.ts';
import { EventRecorder } from './event-recorder.ts';

const pod = { name: 'p', namespace: 'default', uid: 'u' };

test('an event is what the API server would have of it', () => {
  const recorder = new EventRecorder('node');
  recorder.record({ pod, fieldPath: 'spec.containers{c}' }, 'Normal', 'Started', 'Container started');
  recorder.record(undefined, 'Normal', 'Started', 'nothing');
  const [event, ...others] = recorder.list('default/p');
  assert.deepEqual(others, []);
  const { metadata, firstTimestamp, lastTimestamp, ...rest } = event ?? {};
  assert.match(metadata?.name ?? '', /^p\.[0-9a-f]{16}$/);
  assert.match(firstTimestamp ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  assert.equal(firstTimestamp, lastTimestamp);
  assert.deepEqual(rest, {
    involvedObject: {
      kind: 'Pod',
      namespace: 'default',
      name: 'p',
      uid: 'u',
      apiVersion: 'v1',
      fieldPath: 'spec.containers{c}',
    },
    type: 'Normal',
    reason: 'Started',
    message: 'Container started',
    source: { component: 'kubelet', host: 'node' },
    count: 1,
    reportingComponent: 'kubelet',
    reportingInstance: 'node',
  });
});

test('the list is of one pod or of all, and messages have a limit', () => {
  const recorder = new EventRecorder('node');
  recorder.record({ pod }, 'Warning', 'Unhealthy', 'x'.repeat(2000));
  recorder.record({ pod: { ...pod, name: 'q', uid: 'v' } }, 'Normal', 'Pulled', 'y');
  assert.deepEqual([recorder.list().length, recorder.list('default/q').length], [2, 1]);
  assert.equal(recorder.list('other/p').length, 0);
  assert.ok((recorder.list('default/p')[0]?.message.length ?? 0) < 1100);
});

test('an event is logged as the real kubelet logs it, with -v=3', () => {
  const lines: string[] = [];
  const restore = redirectLog((line) => lines.push(line));
  const recorder = new EventRecorder('node');
  recorder.record({ pod }, 'Normal', 'Pulled', 'one');
  setVerbosity(3);
  recorder.record({ pod }, 'Normal', 'Pulled', 'two');
  setVerbosity(0);
  restore();
  assert.equal(lines.length, 1);
  assert.match(
    lines[0] ?? '',
    /"Event occurred" object="default\/p" fieldPath="" kind="Pod" apiVersion="v1" type="Normal" reason="Pulled" message="two"/,
  );
});

test('events of one millisecond have different names, and names of objects may be too long for one', () => {
  const names: string[] = [];
  const recorder = new EventRecorder('node', ({ event }) => names.push(event.metadata.name));
  for (const text of ['a', 'b', 'c']) recorder.record({ pod }, 'Normal', 'Pulled', text);
  recorder.record({ pod: { ...pod, name: 'x'.repeat(250) } }, 'Normal', 'Pulled', 'd');
  assert.equal(new Set(names).size, 4);
  assert.match(names.at(-1) ?? '', /^[0-9a-f-]{36}$/);
});

test('events of node and volumes are delivered, and not in the list of the pods', () => {
  const delivered: object[] = [];
  const recorder = new EventRecorder('node', ({ event }) => delivered.push(event.involvedObject));
  recorder.recordOfNode('Normal', 'Starting', 'Starting kubelet.');
  recorder.recordOfNode('Normal', 'NodeReady', 'ready', 'u');
  recorder.recordOfVolume({ name: 'pv', uid: 'v', resourceVersion: '7' }, 'Warning', 'Failed', 'no');
  assert.deepEqual(delivered, [
    { kind: 'Node', name: 'node', apiVersion: 'v1' },
    { kind: 'Node', name: 'node', uid: 'u', apiVersion: 'v1' },
    { kind: 'PersistentVolume', name: 'pv', uid: 'v', apiVersion: 'v1', resourceVersion: '7' },
  ]);
  assert.deepEqual(recorder.list(), []);
});
