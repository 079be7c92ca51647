import assert from 'node:assert/strict';
import { test } from 'node:test';
import { takeSubnet } from './subnets.ts';

test('subnets that are taken at the same time differ, and one that was given back is free', async () => {
  const [one, other] = await Promise.all([takeSubnet(), takeSubnet()]);
  assert.notEqual(one.number, other.number);
  assert.match(one.cidr, /^10\.2\d\d\.0\.0\/16$/);
  one[Symbol.dispose]();
  using again = await takeSubnet();
  assert.notEqual(again.number, other.number);
  other[Symbol.dispose]();
});
