import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseNetDev, readNetDev } from './net-dev.ts';

const headings = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
`;

test('counters of each interface', () => {
  const text = `${headings}    lo: 16370427538  634082    0    0    0     0          0         0 16370427538  634082    0    0    0     0       0          0
eth0:1:     100       2    3    4    0     0          0         0  18446744073709551615       6    7    8    0     0       0          0
`;
  const zero = { rxErrors: 0n, rxDropped: 0n, txErrors: 0n, txDropped: 0n };
  assert.deepEqual(parseNetDev(text), [
    {
      name: 'lo',
      rxBytes: 16_370_427_538n,
      rxPackets: 634_082n,
      txBytes: 16_370_427_538n,
      txPackets: 634_082n,
      ...zero,
    },
    {
      name: 'eth0:1',
      rxBytes: 100n,
      rxPackets: 2n,
      rxErrors: 3n,
      rxDropped: 4n,
      txBytes: 18_446_744_073_709_551_615n,
      txPackets: 6n,
      txErrors: 7n,
      txDropped: 8n,
    },
  ]);
  assert.deepEqual(parseNetDev(headings), []);
});

test('only of a process in the namespace that is asked for', () => {
  assert.ok(readNetDev(process.pid, '/proc/self/ns/net')?.some(({ name }) => name === 'lo'));
  assert.equal(readNetDev(process.pid, '/proc/self/ns/uts'), undefined);
  assert.equal(readNetDev(2 ** 30, '/proc/self/ns/net'), undefined);
  assert.equal(readNetDev(process.pid, '/nowhere'), undefined);
});
