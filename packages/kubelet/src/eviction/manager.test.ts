import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '../api/pod.ts';
import { redirectLog } from '../klog/klog.ts';
import type { EvictionOptions } from '../options/pressure-options.ts';
import type { Imposed } from '../pods/end/pod-end.ts';
import { Instant } from '../stats/instant.ts';
import type { PodStats } from '../stats/stats-api.ts';
import { NotedEvents } from '../testing/noted-events.ts';
import { testPod } from '../testing/pod.ts';
import { EvictionManager } from './manager.ts';
import type { Reclaim } from './reclaim.ts';
import type { Signal } from './thresholds/signals.ts';

redirectLog(() => {});

const time = new Instant(0n);
const bytes = (amount: bigint) => ({ quantity: { nanos: amount * 10n ** 9n, format: 'BinarySI' as const } });
const below = (signal: Signal, amount: bigint, graceMs = 0) => ({ signal, value: bytes(amount), graceMs });
const fromApi = { 'kubernetes.io/config.source': 'api' };

function pod(name: string, spec: Partial<Parameters<typeof testPod>[0]> = {}): Pod {
  return testPod({ containers: [{ name: 'c' }], ...spec }, { name, uid: name, annotations: fromApi });
}

function statsOf(name: string, used: bigint): PodStats {
  const fs = { time, usedBytes: used };
  return {
    podRef: { name, namespace: 'default', uid: name },
    startTime: time,
    memory: { time, workingSetBytes: used },
    containers: [
      { name: 'c', startTime: time, memory: { time, workingSetBytes: used }, rootfs: fs, logs: fs },
    ],
    volume: [{ name: 'v', ...fs }],
    'ephemeral-storage': fs,
  };
}

/** A node with so much left of disk and memory, whose pods free what they use when they end. */
function node(
  { disk, memory, ofImages = 0n }: { disk: bigint; memory: bigint; ofImages?: bigint },
  uses: ReadonlyMap<Pod, bigint>,
  options: Partial<EvictionOptions>,
) {
  const events = new NotedEvents();
  const left = { disk, memory };
  const running = new Map(uses);
  const calls: string[] = [];
  const ended: [name: string, end: Imposed][] = [];
  let usageReads = 0;
  const quiet = Promise.withResolvers<void>();
  let looks = 0;
  const reclaim: Readonly<Record<Reclaim, () => Promise<void>>> = {
    containers: async () => void calls.push('containers'),
    images: async () => {
      calls.push('images');
      left.disk += ofImages;
    },
  };
  const manager = new EvictionManager({
    options: {
      thresholds: [],
      transitionMs: 1000,
      maxPodGraceSeconds: 7,
      enforcesStorageLimits: true,
      ...options,
    },
    node: {
      figures: async () => {
        looks += 1;
        setImmediate(() => quiet.resolve());
        const fs = { time, availableBytes: left.disk, capacityBytes: 1000n };
        const of = (availableBytes: bigint) => ({
          time,
          availableBytes,
          workingSetBytes: 1000n - availableBytes,
        });
        return { fs, runtime: { imageFs: fs, containerFs: fs }, memory: of(left.memory) };
      },
    },
    layout: async () => ({ hasImageFs: false, hasContainerFs: false }),
    usage: async () => {
      usageReads += 1;
      return new Map(
        [...running].map(([each, used]) => [each.metadata.uid, statsOf(each.metadata.name, used)]),
      );
    },
    activePods: () => [...running.keys()],
    evict: async (each, end) => {
      ended.push([each.metadata.name, end]);
      left.disk += running.get(each) ?? 0n;
      left.memory += running.get(each) ?? 0n;
      running.delete(each);
    },
    reclaim,
    onPressures: ({ memory: isShort, disk: isFull }) => calls.push(`memory ${isShort} disk ${isFull}`),
    events: {
      record: events.record,
      recordOfNode: (type, reason, message) => void events.lines.push(`${type} ${reason} node: ${message}`),
    },
    metrics: { evicted: (signal) => calls.push(`evicted for ${signal}`), statsAge: () => {} },
  });
  return {
    manager,
    events,
    calls,
    ended,
    usageReads: () => usageReads,
    looks: () => looks,
    /** Starts it, and waits until it rests. */
    async run(): Promise<void> {
      manager.start();
      await quiet.promise;
      // Everything it waits for is done at once here.
      for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      manager.stop();
    },
  };
}

test('a node with enough of all is only looked at', async () => {
  const quiet = node({ disk: 500n, memory: 500n }, new Map([[pod('a'), 10n]]), {
    thresholds: [below('nodefs.available', 100n)],
  });
  await quiet.run();
  assert.deepEqual([quiet.calls, quiet.ended, quiet.usageReads(), quiet.looks()], [[], [], 0, 1]);
});

test('images are removed before a pod is evicted', async () => {
  const full = node({ disk: 50n, memory: 500n, ofImages: 100n }, new Map([[pod('a'), 10n]]), {
    thresholds: [below('nodefs.available', 100n)],
  });
  await full.run();
  assert.deepEqual(full.calls, ['memory false disk true', 'containers', 'images']);
  assert.deepEqual(full.ended, []);
  assert.deepEqual(full.events.lines, [
    'Warning EvictionThresholdMet node: Attempting to reclaim ephemeral-storage',
  ]);
});

test('pods are evicted one at a time, until there is enough', async () => {
  const [large, small, other] = [pod('large'), pod('small'), pod('other')];
  const uses = new Map([
    [small, 10n],
    [large, 30n],
    [other, 20n],
  ]);
  const full = node({ disk: 60n, memory: 500n }, uses, { thresholds: [below('nodefs.available', 100n)] });
  await full.run();
  assert.deepEqual(
    full.ended.map(([name]) => name),
    ['large', 'other'],
  );
  const [[, end] = []] = full.ended;
  assert.deepEqual(end, {
    by: 'evicted',
    message:
      'The node was low on resource: ephemeral-storage. Threshold quantity: 100, available: 60. Container c was using 60, request is 0, has larger consumption of ephemeral-storage. ',
    graceSeconds: 1,
    isDisruption: true,
  });
  assert.equal(full.manager.pressures.disk, true);
});

test('a critical pod stays, and the next one goes', async () => {
  const critical = pod('critical', { priority: 2_000_000_000 });
  const uses = new Map([
    [critical, 90n],
    [pod('a', { priority: 1_999_999_999 }), 80n],
  ]);
  const short = node({ disk: 500n, memory: 50n }, uses, { thresholds: [below('memory.available', 100n)] });
  await short.run();
  assert.deepEqual(
    short.ended.map(([name]) => name),
    ['a'],
  );
});

test('a soft threshold has to last; its pods have their grace period', async () => {
  const uses = new Map([[pod('a'), 90n]]);
  const lasting = node({ disk: 500n, memory: 50n }, uses, {
    thresholds: [below('memory.available', 100n, 60_000)],
  });
  await lasting.run();
  assert.deepEqual([lasting.ended, lasting.manager.pressures.memory], [[], true]);
  const brief = node({ disk: 500n, memory: 50n }, uses, {
    thresholds: [below('memory.available', 100n, 0.001)],
  });
  await brief.run();
  // The first look is not yet beyond it.
  assert.ok(brief.ended.every(([, end]) => end.by === 'evicted' && end.graceSeconds === 7));
});

test('a pod that writes more than it may is evicted from a node that has enough', async () => {
  const limited = pod('limited', { volumes: [{ name: 'v', emptyDir: { sizeLimit: '5' } }] });
  const uses = new Map([
    [limited, 10n],
    [pod('b'), 500n],
  ]);
  const enough = node({ disk: 500n, memory: 500n }, uses, {});
  await enough.run();
  assert.deepEqual(enough.ended, [
    [
      'limited',
      {
        by: 'evicted',
        message: 'Usage of EmptyDir volume "v" exceeds the limit "5". ',
        graceSeconds: 1,
        isDisruption: false,
      },
    ],
  ]);
  assert.deepEqual(enough.calls, ['evicted for emptydirfs.limit']);
  const lenient = node({ disk: 500n, memory: 500n }, uses, { enforcesStorageLimits: false });
  // Without thresholds and limits there is nothing to look at.
  lenient.manager.start();
  assert.equal(lenient.looks(), 0);
});
