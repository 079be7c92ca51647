import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Correlator } from './correlator.ts';
import { type EventType, type RecordedEvent, referenceTo } from './event.ts';
import { newEvent } from './event-recorder.ts';

const pod = { name: 'p', namespace: 'default', uid: 'u' };
const start = Date.parse('2026-11-30T04:00:00Z');

function event(message: string, at: number, type: EventType = 'Warning', fieldPath?: string): RecordedEvent {
  const subject = { pod, ...(fieldPath && { fieldPath }) };
  return newEvent(referenceTo(subject), { type, reason: 'BackOff', message }, { host: 'node', now: at });
}

test('equal events are one that is counted, from the first to the last', () => {
  const correlator = new Correlator();
  const first = correlator.correlate(event('again', start), start)?.event;
  const last = correlator.correlate(event('again', start + 5000), start + 5000)?.event;
  assert.equal(first?.count, 1);
  assert.deepEqual(last, {
    ...first,
    count: 2,
    lastTimestamp: '2026-11-30T04:00:05Z',
  });
});

test('events of other containers, types and messages are others', () => {
  const correlator = new Correlator();
  const keys = [
    event('a', start),
    event('b', start),
    event('a', start, 'Normal'),
    event('a', start, 'Warning', 'spec.containers{c}'),
  ].map((each) => correlator.correlate(each, start)?.key);
  assert.equal(new Set(keys).size, 4);
});

test('the tenth message within ten minutes is one of many similar ones', () => {
  const correlator = new Correlator();
  const told = (message: string, at: number) => {
    const { message: text, count } = correlator.correlate(event(message, at), at)?.event ?? {};
    return [text, count];
  };
  for (let index = 1; index <= 9; index++)
    assert.deepEqual(told(`attempt ${index}`, start), [`attempt ${index}`, 1]);
  assert.deepEqual(told('attempt 10', start), ['(combined from similar events): attempt 10', 1]);
  assert.deepEqual(told('attempt 11', start + 1000), ['(combined from similar events): attempt 11', 2]);
  assert.deepEqual(told('attempt 12', start + 602_000), ['attempt 12', 1]);
});

test('a pod may have 25 events of a type at once, then one in five minutes', () => {
  const correlator = new Correlator();
  const isTold = (at: number, type: EventType = 'Warning') =>
    correlator.correlate(event('again', at, type), at) !== undefined;
  const first = Array.from({ length: 30 }, () => isTold(start));
  assert.equal(first.filter(Boolean).length, 25);
  assert.equal(isTold(start + 299_000), false);
  assert.equal(isTold(start + 299_000, 'Normal'), true);
  assert.equal(isTold(start + 301_000), true);
  assert.equal(isTold(start + 302_000), false);
  assert.equal(correlator.correlate(event('again', start + 700_000), start + 700_000)?.event.count, 34);
});

test('a clock that is set back keeps no event from being told', () => {
  const correlator = new Correlator();
  const isTold = (at: number) => correlator.correlate(event('again', at), at) !== undefined;
  assert.deepEqual([start, start - 86_400_000, start - 86_399_000].map(isTold), [true, true, true]);
});
