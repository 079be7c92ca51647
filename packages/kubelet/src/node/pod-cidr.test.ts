import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { redirectLog } from '../klog/klog.ts';
import { PodCidr } from './pod-cidr.ts';

after(redirectLog(() => {}));

test('the runtime is told of changes, and again after it failed', async () => {
  const told: (string | undefined)[] = [];
  const cidr = new PodCidr({
    updateRuntimeConfig: async ({ runtimeConfig }) => {
      told.push(runtimeConfig?.networkConfig?.podCidr);
      if (told.length === 2) throw new Error('down');
      return {};
    },
  });
  assert.equal(await cidr.set(''), false);
  assert.equal(await cidr.set('10.1.0.0/24'), true);
  assert.equal(await cidr.set('10.1.0.0/24'), false);
  assert.equal(await cidr.set('10.2.0.0/24'), true);
  assert.equal(await cidr.set('10.2.0.0/24'), true);
  assert.deepEqual(told, ['10.1.0.0/24', '10.2.0.0/24', '10.2.0.0/24']);
});
