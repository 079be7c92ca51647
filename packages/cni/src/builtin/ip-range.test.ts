import assert from 'node:assert/strict';
import { test } from 'node:test';
import { candidates, type IpRange, ipv4Number, ipv4Text } from './ip-range.ts';

const range = (start: number, end: number, gateway: number): IpRange => ({
  start,
  end,
  gateway,
  prefixLength: 29,
});

for (const [name, ips, last, order] of [
  ['the first time from the start, without the gateway', range(1, 4, 1), undefined, [2, 3, 4]],
  ['after the last assigned one', range(1, 4, 1), 2, [3, 4, 2]],
  ['from the start after the end', range(1, 4, 1), 4, [2, 3, 4]],
  ['from the start when the range has changed', range(5, 7, 9), 3, [5, 6, 7]],
  ['a gateway inside', range(1, 4, 3), 2, [4, 1, 2]],
  ['one address', range(2, 2, 1), 2, [2]],
] as const) {
  test(`addresses are tried ${name}`, () => assert.deepEqual([...candidates(ips, last)], order));
}

test('the text of an address and its number', () => {
  for (const text of ['0.0.0.0', '10.88.0.2', '255.255.255.255']) {
    assert.equal(ipv4Text(ipv4Number(text) ?? -1), text);
  }
  for (const text of ['', 'lock', 'last_reserved_ip.0', '1.2.3', '1.2.3.256', 'fd00::1']) {
    assert.equal(ipv4Number(text), undefined);
  }
});
