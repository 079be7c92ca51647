import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { closeDescriptor } from '@berth/linux/syscall/libc.ts';
import { Logind } from '@berth/linux/systemd/logind.ts';
import { FakeLogind } from '@berth/linux/testing/fake-logind.ts';
import type { Pod } from '../api/pod.ts';
import { redirectLog } from '../klog/klog.ts';
import { testPod } from '../testing/pod.ts';
import { ShutdownManager } from './shutdown-manager.ts';
import { ShutdownRecord } from './shutdown-record.ts';

const dir = mkdtempSync(join(tmpdir(), 'shutdown-'));
after(() => rmSync(dir, { recursive: true }));
redirectLog(() => {});

const pod = (name: string, priority: number): Pod =>
  testPod({ containers: [{ name: 'c' }], priority }, { name });
const pods = [pod('critical', 2_000_000_000), pod('slow', 0), pod('quick', 0)];

/** A manager on a fake logind, and what it does, in its order. */
async function following() {
  const resources = new AsyncDisposableStack();
  const fake = resources.use(await FakeLogind.start());
  fake.delayAfterReloadMs = 60_000;
  const steps: string[] = [];
  const expected = new Map<string, () => void>();
  const note = (step: string): void => {
    steps.push(step);
    expected.get(step)?.();
  };
  const record = new ShutdownRecord(dir);
  const manager = new ShutdownManager({
    periods: [
      { priority: 0, graceSeconds: 1 },
      { priority: 2_000_000_000, graceSeconds: 5 },
    ],
    connect: (onShutdown) => Logind.open(onShutdown, fake.path),
    logindConfDir: join(dir, 'logind.conf.d'),
    activePods: () => pods,
    end: async ({ metadata: { name } }, end, signal) => {
      assert.equal(end.by, 'node-shutdown');
      note(`end ${name} in ${end.by === 'node-shutdown' ? end.graceSeconds : 0} s`);
      // It takes longer than its group has.
      if (name === 'slow') await new Promise((resolve) => signal.addEventListener('abort', resolve));
      note(`${name} is ${signal.aborted ? 'left' : 'gone'}`);
    },
    release: (descriptor) => {
      closeDescriptor(descriptor);
      note('released');
    },
    onChange: (isShuttingDown) => note(isShuttingDown ? 'shuts down' : 'goes on'),
    record,
    events: { recordOfNode: (_type, reason, message) => note(`${reason}: ${message}`) },
    metrics: { shutdown: () => {} },
  });
  resources.defer(() => manager.stop());
  const seen = (step: string): Promise<void> =>
    steps.includes(step) ? Promise.resolve() : new Promise((resolve) => expected.set(step, resolve));
  const inhibited = async (): Promise<void> => {
    // logind tells nobody of its inhibitions.
    while (fake.heldLocks() === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  };
  return {
    fake,
    manager,
    steps,
    seen,
    inhibited,
    record,
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

test('pods end by their priority, and the machine goes on when they have', async () => {
  await using shutdown = await following();
  const { fake, manager, steps, seen, inhibited, record } = shutdown;
  manager.start();
  await inhibited();
  assert.deepEqual(fake.inhibitions, [
    ['shutdown', 'kubelet', 'Kubelet needs time to handle node shutdown', 'delay'],
  ]);
  assert.match(
    readFileSync(join(dir, 'logind.conf.d/99-kubelet.conf'), 'utf8'),
    /^# Kubelet logind override\n\[Login\]\nInhibitDelayMaxSec=6\n$/,
  );
  fake.prepareForShutdown(true);
  await seen('released');
  assert.deepEqual(steps, [
    'NodeShutdown: Shutdown manager detected shutdown event',
    'shuts down',
    'end slow in 1 s',
    'end quick in 1 s',
    'quick is gone',
    'slow is left',
    'end critical in 5 s',
    'critical is gone',
    'released',
  ]);
  assert.equal(fake.heldLocks(), 0);
  assert.equal(manager.isShuttingDown, true);
  const { startedAt, endedAt } = record.load();
  assert.ok(endedAt - startedAt >= 1000, `${startedAt} to ${endedAt}`);

  fake.prepareForShutdown(false);
  await seen('goes on');
  await inhibited();
  assert.equal(manager.isShuttingDown, false);
  assert.deepEqual(steps.slice(9), [
    'NodeShutdown: Shutdown manager detected shutdown cancellation',
    'goes on',
  ]);
});

test('a connection that is lost is made again, and a manager that is stopped holds nothing up', async () => {
  await using shutdown = await following();
  const { fake, manager, inhibited } = shutdown;
  manager.start();
  await inhibited();
  const before = fake.inhibitions.length;
  fake.disconnectAll();
  // Nobody tells that the connection is made again.
  while (fake.inhibitions.length === before) await new Promise((resolve) => setTimeout(resolve, 10));
  await inhibited();
  manager.stop();
  assert.equal(fake.heldLocks(), 0);
});

test('without logind the shutdown is not followed', async () => {
  const manager = new ShutdownManager({
    periods: [{ priority: 0, graceSeconds: 1 }],
    connect: () => Promise.reject(new Error('no bus')),
    logindConfDir: dir,
    activePods: () => [],
    end: () => Promise.reject(new Error('not reached')),
    release: () => assert.fail('nothing is held'),
    onChange: () => assert.fail('nothing changes'),
    record: new ShutdownRecord(join(dir, 'absent')),
    events: { recordOfNode: () => {} },
    metrics: { shutdown: (times) => assert.deepEqual(times, { startedAt: 0, endedAt: 0 }) },
  });
  manager.start();
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(manager.isShuttingDown, false);
  manager.stop();
});
