import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CgroupReading } from '@berth/linux/cgroups/cgroup-reader.ts';
import type { CgroupUsage } from '@berth/linux/cgroups/usage.ts';
import type { InterfaceCounters } from '@berth/linux/netlink/net-dev.ts';
import { sumReadings } from './sum.ts';
import { cpuUsage, ioUsage, memoryUsage, networkUsage, swapUsage } from './usage-messages.ts';

const plain: CgroupUsage = {
  cpuNanoseconds: 7n,
  memoryBytes: 100n,
  workingSetBytes: 60n,
  rssBytes: 50n,
  pageFaults: 3n,
  majorPageFaults: 1n,
};

function reading(usage: Partial<CgroupUsage> = {}, nanoCores?: bigint): CgroupReading {
  return { at: 5n, usage: { ...plain, ...usage }, nanoCores };
}

test('CPU and pressure', () => {
  const line = { totalNanoseconds: 9000n, avg10: 1, avg60: 2, avg300: 3 };
  assert.deepEqual(cpuUsage(reading({ cpuPressure: { some: line } }, 250n)), {
    timestamp: 5n,
    usageCoreNanoSeconds: { value: 7n },
    usageNanoCores: { value: 250n },
    psi: { Some: { Total: 9000n, Avg10: 1, Avg60: 2, Avg300: 3 }, Full: undefined },
  });
  assert.deepEqual(cpuUsage(reading()).usageNanoCores, undefined);
  assert.equal(ioUsage(reading()), undefined);
  assert.deepEqual(ioUsage(reading({ ioPressure: { full: line } }))?.psi?.Full?.Avg300, 3);
});

const memoryCases: [usage: Partial<CgroupUsage>, available: bigint | undefined, swap: unknown][] = [
  [{}, undefined, undefined],
  [{ memoryLimitBytes: 200n }, 140n, undefined],
  [{ memoryLimitBytes: 50n }, 0n, undefined],
  [{ swapBytes: 5n }, undefined, [5n, undefined]],
  [{ swapBytes: 5n, swapLimitBytes: 20n }, undefined, [5n, 15n]],
  [{ swapBytes: 5n, swapLimitBytes: 0n }, undefined, [5n, 0n]],
];
for (const [usage, available, swap] of memoryCases) {
  const shown = Object.entries(usage).map(([name, value]) => `${name} ${value}`);
  test(`memory and swap with ${shown.join(', ') || 'no limit'}`, () => {
    const memory = memoryUsage(reading(usage));
    assert.equal(memory.availableBytes?.value, available);
    assert.deepEqual(
      [memory.workingSetBytes?.value, memory.usageBytes?.value, memory.rssBytes?.value],
      [60n, 100n, 50n],
    );
    const told = swapUsage(reading(usage));
    assert.deepEqual(told && [told.swapUsageBytes?.value, told.swapAvailableBytes?.value], swap);
  });
}

test('the default interface: eth0, or the first; loopback is none', () => {
  const named = (name: string): InterfaceCounters => ({
    name,
    rxBytes: 1n,
    rxPackets: 2n,
    rxErrors: 3n,
    rxDropped: 4n,
    txBytes: 5n,
    txPackets: 6n,
    txErrors: 7n,
    txDropped: 8n,
  });
  const cases: [names: string[], main: string | undefined, others: string[] | undefined][] = [
    [['lo', 'net1', 'eth0'], 'eth0', ['net1']],
    [['lo', 'net1', 'net2'], 'net1', ['net2']],
    [['lo'], undefined, undefined],
    [[], undefined, undefined],
  ];
  for (const [names, main, others] of cases) {
    const usage = networkUsage(5n, names.map(named));
    assert.equal(usage?.defaultInterface?.name, main);
    assert.deepEqual(
      usage?.interfaces.map(({ name }) => name),
      others,
    );
  }
  assert.deepEqual(networkUsage(5n, [named('eth0')])?.defaultInterface, {
    name: 'eth0',
    rxBytes: { value: 1n },
    rxErrors: { value: 3n },
    txBytes: { value: 5n },
    txErrors: { value: 7n },
  });
});

test('several cgroups together: a rate only when each has one, no limits', () => {
  assert.equal(sumReadings([]), undefined);
  assert.equal(sumReadings([undefined]), undefined);
  const sum = sumReadings([
    reading({ memoryLimitBytes: 9n, pids: 2 }, 10n),
    undefined,
    { ...reading({ pids: 1 }, 5n), at: 8n },
  ]);
  assert.deepEqual(sum, {
    at: 8n,
    nanoCores: 15n,
    usage: {
      cpuNanoseconds: 14n,
      memoryBytes: 200n,
      workingSetBytes: 120n,
      rssBytes: 100n,
      pageFaults: 6n,
      majorPageFaults: 2n,
      pids: 3,
    },
  });
  assert.equal(sumReadings([reading({}, 1n), reading()])?.nanoCores, undefined);
});
