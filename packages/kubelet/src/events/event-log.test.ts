import assert from 'node:assert/strict';
import { test } from 'node:test';
import { referenceTo } from './event.ts';
import { EventLog } from './event-log.ts';
import { newEvent } from './event-recorder.ts';

function correlated(uid: string, key: string) {
  const pod = { name: uid, namespace: 'default', uid };
  const event = newEvent(
    referenceTo({ pod }),
    { type: 'Normal', reason: 'Pulled', message: key },
    { host: 'node', now: 0 },
  );
  return { key: `${uid} ${key}`, event };
}

test('the event that occurred last is the last one', () => {
  const log = new EventLog();
  for (const key of ['a', 'b', 'a']) log.put(correlated('u', key));
  assert.deepEqual(
    log.list().map(({ message }) => message),
    ['b', 'a'],
  );
});

test('a pod has at most 100 events, and all have 2000', () => {
  const log = new EventLog();
  const of = (uid: string) => log.list().filter((event) => event.involvedObject.uid === uid);
  for (let index = 0; index < 150; index++) log.put(correlated('u', `${index}`));
  assert.deepEqual([of('u').length, of('u')[0]?.message], [100, '50']);
  for (let index = 0; index < 1950; index++) log.put(correlated(`v${index}`, 'x'));
  assert.deepEqual([log.list().length, of('u').length], [2000, 50]);
});
