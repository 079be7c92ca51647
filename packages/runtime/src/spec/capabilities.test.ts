import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Capability, type DeepPartial } from '@berth/cri/generated/api.ts';
import { capabilityNames } from '@berth/linux/security/capabilities.ts';
import type { Warn } from '../rpc/warn.ts';
import { processCapabilities } from './capabilities.ts';

const node: string[] = capabilityNames.filter((name) => name !== 'CAP_SYS_RESOURCE');
const sets = (
  request?: DeepPartial<Capability>,
  privileged = false,
  bounding: readonly string[] = node,
  warn: Warn = assert.fail,
) =>
  processCapabilities({
    warn,
    request: request === undefined ? undefined : Capability.fromPartial(request),
    privileged,
    bounding,
  });
const bounding = (...options: Parameters<typeof sets>) => sets(...options).bounding ?? [];

test('adding and dropping', () => {
  const standard = bounding();
  assert.equal(standard.length, 14);
  assert.deepEqual(bounding({ addCapabilities: ['net_admin'] }), [...standard, 'CAP_NET_ADMIN'].sort());
  assert.deepEqual(
    bounding({ addCapabilities: ['CAP_NET_ADMIN', 'Net_Admin'] }),
    [...standard, 'CAP_NET_ADMIN'].sort(),
  );
  assert.deepEqual(
    bounding({ dropCapabilities: ['KILL'] }),
    standard.filter((name) => name !== 'CAP_KILL'),
  );
  assert.deepEqual(bounding({ dropCapabilities: ['ALL'] }), []);
  assert.deepEqual(bounding({ dropCapabilities: ['all'], addCapabilities: ['CHOWN'] }), ['CAP_CHOWN']);
  assert.deepEqual(bounding({ addCapabilities: ['ALL'] }), [...node].sort());
  assert.equal(
    bounding({ addCapabilities: ['ALL'], dropCapabilities: ['SYS_ADMIN'] }).includes('CAP_SYS_ADMIN'),
    false,
  );
  assert.deepEqual(bounding(undefined, true), [...node].sort());
  assert.deepEqual(bounding({ dropCapabilities: ['ALL'] }, true), [...node].sort());
  assert.deepEqual(bounding(undefined, false, ['CAP_CHOWN', 'CAP_SYS_ADMIN']), ['CAP_CHOWN']);
});

test('effective and permitted follow; inheritable and ambient only when asked for', () => {
  const plain = sets();
  assert.deepEqual([plain.effective, plain.permitted], [plain.bounding, plain.bounding]);
  assert.deepEqual([plain.inheritable, plain.ambient], [undefined, undefined]);
  const ambient = sets({ dropCapabilities: ['ALL'], addAmbientCapabilities: ['NET_BIND_SERVICE'] });
  for (const set of [ambient.ambient, ambient.inheritable, ambient.bounding, ambient.permitted]) {
    assert.deepEqual(set, ['CAP_NET_BIND_SERVICE']);
  }
});

test('unknown capabilities are ignored by field, as by containerd and runc', () => {
  const warnings: string[] = [];
  const warn = (field: string, problem: string) => warnings.push(`${field}: ${problem}`);
  const request = {
    addCapabilities: ['CHOWN', 'FLY'],
    dropCapabilities: ['x'],
    addAmbientCapabilities: ['y'],
  };
  assert.deepEqual(sets(request, false, node, warn), sets());
  assert.deepEqual(
    warnings.map((warning) => warning.replace(/.*capabilities\./, '')),
    [
      'add_capabilities[1]: ignored: unknown capability "FLY"',
      'drop_capabilities[0]: ignored: unknown capability "x"',
      'add_ambient_capabilities[0]: ignored: unknown capability "y"',
    ],
  );
});

test('impossible capabilities are refused by field', () => {
  assert.throws(
    () => sets({ addCapabilities: ['SYS_RESOURCE'] }),
    /add_capabilities: CAP_SYS_RESOURCE is not in/,
  );
  assert.throws(
    () => sets({ addAmbientCapabilities: ['SYS_RESOURCE'] }),
    /add_ambient_capabilities: CAP_SYS_RESOURCE/,
  );
});
