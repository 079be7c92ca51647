import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { closeDescriptor } from '../syscall/libc.ts';
import { FakeLogind } from '../testing/fake-logind.ts';
import { systemBusPath } from './bus-calls.ts';
import { DbusError } from './dbus-connection.ts';
import { Logind } from './logind.ts';

const fake = await FakeLogind.start();
after(() => fake[Symbol.dispose]());
const inhibition = { who: 'test', why: 'to see it' };

test('the longest delay is read, and read again after logind was told to reload', async () => {
  using logind = await Logind.open(() => {}, fake.path);
  assert.equal(await logind.maxDelayMs(), 5000);
  fake.delayAfterReloadMs = 30_000;
  await logind.reload();
  assert.equal(await logind.maxDelayMs(), 30_000);
});

test('a shutdown waits until the descriptor is closed', async () => {
  using logind = await Logind.open(() => {}, fake.path);
  const lock = await logind.inhibitShutdown(inhibition);
  assert.deepEqual(fake.inhibitions, [['shutdown', 'test', 'to see it', 'delay']]);
  assert.equal(fake.heldLocks(), 1);
  closeDescriptor(lock);
  assert.equal(fake.heldLocks(), 0);
});

test('a refused inhibition is told with its words, and leaves no descriptor', async () => {
  using logind = await Logind.open(() => {}, fake.path);
  fake.refusal = 'Access denied';
  await assert.rejects(logind.inhibitShutdown(inhibition), (error) => {
    assert.ok(error instanceof DbusError);
    assert.equal(error.message, 'Access denied');
    return true;
  });
  fake.refusal = undefined;
});

test('the beginning of a shutdown is told, and its cancellation', async () => {
  const told: boolean[] = [];
  const second = Promise.withResolvers<void>();
  using logind = await Logind.open((isBeginning) => {
    told.push(isBeginning);
    if (told.length === 2) second.resolve();
  }, fake.path);
  // Its answer shows that the connection gets signals.
  await logind.maxDelayMs();
  fake.prepareForShutdown(true);
  fake.prepareForShutdown(false);
  await second.promise;
  assert.deepEqual(told, [true, false]);
});

test('the end of the connection is told', async () => {
  using logind = await Logind.open(() => {}, fake.path);
  fake.disconnectAll();
  await logind.closed;
});

test('the path of the bus comes from its address', () => {
  assert.equal(systemBusPath(''), '/run/dbus/system_bus_socket');
  assert.equal(systemBusPath('unix:path=/tmp/bus,guid=12'), '/tmp/bus');
  assert.equal(systemBusPath('tcp:host=x;unix:guid=1,path=/b'), '/b');
});
