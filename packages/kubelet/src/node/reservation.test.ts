import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultEvictionHard } from '../options/reservation-settings.ts';
import { capacityAmounts } from './allocatable.ts';
import { allocatable, enforced, overReserved } from './reservation.ts';

const capacity = capacityAmounts(
  { cpus: 4, memoryBytes: 1024 ** 3, ephemeralStorageBytes: 1_000_000_005 },
  { pids: 1000, hugepages: new Map([['2Mi', 2 ** 21]]) },
);
const mib = 2n ** 20n;
const units = (amounts: ReadonlyMap<string, bigint>) =>
  Object.fromEntries([...amounts].map(([name, nanos]) => [name, Number(nanos / 1_000_000n) / 1000]));
const none = { systemReserved: {}, kubeReserved: {}, evictionHard: {} };

test('pods can request what is not reserved, and is not huge pages', () => {
  const settings = {
    systemReserved: { cpu: '500m', memory: '100Mi', pid: '100' },
    kubeReserved: { cpu: '0.2504', memory: '24Mi' },
    evictionHard: defaultEvictionHard,
  };
  assert.deepEqual(units(allocatable(capacity, settings)), {
    cpu: 3.25,
    memory: Number((1024n - 100n - 24n - 100n - 2n) * mib),
    'ephemeral-storage': 900_000_004,
    pid: 900,
    'hugepages-2Mi': Number(2n * mib),
  });
  assert.deepEqual(units(enforced(capacity, settings)), {
    cpu: 3.25,
    memory: Number((1024n - 124n) * mib),
    'ephemeral-storage': 1_000_000_005,
    pid: 900,
    'hugepages-2Mi': Number(2n * mib),
  });
});

test('a threshold of all or nothing reserves nothing', () => {
  for (const threshold of ['0%', '100%']) {
    const settings = { ...none, evictionHard: { 'memory.available': threshold } };
    assert.equal(allocatable(capacity, settings).get('memory'), (1024n - 2n) * mib * 1_000_000_000n);
  }
});

test('more than there is can not be reserved', () => {
  assert.equal(overReserved(capacity, none), undefined);
  assert.equal(
    overReserved(capacity, { ...none, systemReserved: { cpu: '3' }, kubeReserved: { cpu: '2' } }),
    'Resource "cpu" has a reservation of 5 but capacity of 4. Expected capacity >= reservation.',
  );
});
