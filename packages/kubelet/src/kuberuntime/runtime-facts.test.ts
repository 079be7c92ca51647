import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CriError } from '@berth/cri/errors/cri-error.ts';
import { CgroupDriver, type RuntimeConfigResponse } from '@berth/cri/generated/api.ts';
import { redirectLog } from '../klog/klog.ts';
import { runtimeFacts } from './runtime-facts.ts';

redirectLog(() => {});

function factsWith(runtimeConfig: () => Promise<RuntimeConfigResponse>) {
  return runtimeFacts({
    version: async () => ({
      version: '0.1.0',
      runtimeName: 'any',
      runtimeVersion: '1',
      runtimeApiVersion: 'v1',
    }),
    status: async () => ({ status: undefined, info: {}, runtimeHandlers: [], features: undefined }),
    runtimeConfig,
  });
}

test('the cgroup driver is the one that the runtime tells', async () => {
  for (const [cgroupDriver, name] of [
    [CgroupDriver.SYSTEMD, 'systemd'],
    [CgroupDriver.CGROUPFS, 'cgroupfs'],
  ] as const) {
    const facts = await factsWith(async () => ({ linux: { cgroupDriver } }));
    assert.equal(facts.cgroupDriver, name);
  }
  assert.equal((await factsWith(async () => ({ linux: undefined }))).cgroupDriver, undefined);
});

test('an old runtime leaves it to the settings, one that does not answer is asked again', async () => {
  const failing = (code: 'UNIMPLEMENTED' | 'UNAVAILABLE') =>
    factsWith(async () => {
      throw new CriError(code, 'no');
    });
  assert.equal((await failing('UNIMPLEMENTED')).cgroupDriver, undefined);
  await assert.rejects(failing('UNAVAILABLE'), { code: 'UNAVAILABLE' });
});
