import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ContainerEventResponse, ContainerEventResponse as Message } from '@berth/cri/generated/api.ts';
import { createLogger } from '../logging/log.ts';
import { EventBus } from './event-bus.ts';

const event = (containerId: string): ContainerEventResponse => Message.fromPartial({ containerId });
const newBus = () => new EventBus(createLogger('error', () => {}));

test('every subscriber gets the events since its call, in order, until it aborts', async () => {
  const bus = newBus();
  bus.publish(event('early'));
  const abort = new AbortController();
  const seen: string[] = [];
  const reading = (async () => {
    for await (const { containerId } of bus.subscribe(abort.signal)) {
      seen.push(containerId);
      if (seen.length === 3) abort.abort();
    }
  })();
  assert.equal(bus.hasSubscribers, true);
  bus.publish(event('a'));
  bus.publish(event('b'));
  setImmediate(() => bus.publish(event('c')));
  await reading;
  assert.deepEqual(seen, ['a', 'b', 'c']);
  assert.equal(bus.hasSubscribers, false);
});

test('a subscriber that waits ends when it aborts', async () => {
  const bus = newBus();
  const abort = new AbortController();
  const next = bus.subscribe(abort.signal).next();
  abort.abort();
  assert.deepEqual(await next, { done: true, value: undefined });
});

test('a subscriber that does not read is cut off after what it was owed', async () => {
  const bus = newBus();
  const events = bus.subscribe(new AbortController().signal);
  const first = events.next();
  for (let n = 0; n < 1500; n++) bus.publish(event(String(n)));
  assert.equal((await first).value?.containerId, '0');
  let read = 1;
  await assert.rejects(
    async () => {
      for await (const _ of events) read++;
    },
    { message: /left unread/ },
  );
  assert.equal(read, 1000);
});
