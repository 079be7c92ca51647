import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kernelDefaultsProblem } from './kernel-defaults.ts';

const good: Readonly<Record<string, number>> = {
  'vm/overcommit_memory': 1,
  'kernel/panic': 10,
  'kernel/panic_on_oops': 1,
  'kernel/keys/root_maxkeys': 1_000_000,
  'kernel/keys/root_maxbytes': 25_000_000,
};

test('settings of the kernel that differ are named', () => {
  assert.equal(
    kernelDefaultsProblem((path) => good[path] ?? 0),
    undefined,
  );
  assert.equal(
    kernelDefaultsProblem((path) => (path === 'kernel/panic' ? 0 : (good[path] ?? 0))),
    'invalid kernel flag: kernel/panic, expected value: 10, actual value: 0',
  );
  assert.match(
    kernelDefaultsProblem(() => 7) ?? '',
    /^\[invalid kernel flag: vm\/overcommit_memory, .*actual value: 7\]$/,
  );
});
