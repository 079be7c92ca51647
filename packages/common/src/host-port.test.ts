import assert from 'node:assert/strict';
import { test } from 'node:test';
import { joinHostPort } from './host-port.ts';

test('an IPv6 address is put in brackets', () => {
  assert.equal(joinHostPort('10.0.0.1', 80), '10.0.0.1:80');
  assert.equal(joinHostPort('fd00::1', '3260'), '[fd00::1]:3260');
});
