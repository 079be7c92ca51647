import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { StatusResponse } from '@berth/cri/generated/api.ts';
import { redirectLog } from '../../klog/klog.ts';
import { RuntimeHealth } from './runtime-health.ts';

after(redirectLog(() => {}));

const condition = (type: string, status = true) => ({ type, status, reason: '', message: '' });

/** A runtime that answers with `answer`, or fails. */
function healthOf(answer: { status: StatusResponse | Error; isRunning: boolean }): RuntimeHealth {
  return new RuntimeHealth(
    {
      status: async () => {
        if (answer.status instanceof Error) throw answer.status;
        return answer.status;
      },
      version: async () => {
        if (answer.status instanceof Error) throw answer.status;
        return { version: '', runtimeName: 'r', runtimeVersion: 'v1.2.3', runtimeApiVersion: 'v1' };
      },
    },
    () => answer.isRunning,
  );
}

const ready: StatusResponse = {
  status: { conditions: [condition('RuntimeReady'), condition('NetworkReady')] },
  info: {},
  runtimeHandlers: [
    {
      name: 'h',
      features: { recursiveReadOnlyMounts: true, userNamespaces: false },
    },
    { name: 'old', features: undefined },
  ],
  features: { supplementalGroupsPolicy: true, userNamespacesHostNetwork: false, mountOptions: false },
};

test('a runtime that is ready, and what it can do', async () => {
  const answer = { status: ready, isRunning: true };
  const health = healthOf(answer);
  assert.equal(health.features, undefined);
  await health.refresh();
  assert.deepEqual(health.problems(), []);
  assert.deepEqual(health.features, { supplementalGroupsPolicy: true, mountOptions: false });
  assert.deepEqual(health.handlers, [
    { name: 'h', features: { recursiveReadOnlyMounts: true, userNamespaces: false } },
    { name: 'old', features: { recursiveReadOnlyMounts: false, userNamespaces: false } },
  ]);
  assert.equal(await health.version(), 'r://1.2.3');
});

test('before the parts that depend on the runtime run, the node is not ready', async () => {
  const answer = { status: ready, isRunning: false };
  const health = healthOf(answer);
  await health.refresh();
  assert.deepEqual(health.problems(), ['container runtime status check may not have completed yet']);
  answer.isRunning = true;
  await health.refresh();
  assert.deepEqual(health.problems(), []);
});

test('a runtime that fails keeps what it was, for a while', async () => {
  const answer: { status: StatusResponse | Error; isRunning: boolean } = { status: ready, isRunning: true };
  const health = healthOf(answer);
  await health.refresh();
  await health.version();
  answer.status = new Error('down');
  await health.refresh();
  assert.deepEqual(health.problems(), []);
  assert.equal(health.handlers.length, 2);
  assert.equal(await health.version(), 'r://Unknown');
});

test('a runtime that is not ready does not change what it can do', async () => {
  const answer: { status: StatusResponse; isRunning: boolean } = { status: ready, isRunning: true };
  const health = healthOf(answer);
  await health.refresh();
  answer.status = {
    ...ready,
    status: { conditions: [condition('RuntimeReady', false), condition('NetworkReady')] },
    runtimeHandlers: [],
  };
  await health.refresh();
  assert.deepEqual(health.problems(), ['container runtime not ready: RuntimeReady=false reason: message:']);
  assert.equal(health.handlers.length, 2);
});
