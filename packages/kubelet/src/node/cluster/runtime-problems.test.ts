import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runtimeProblems, seenRuntime, unseenRuntime } from './runtime-problems.ts';

const condition = (type: string, status: boolean, reason = '', message = '') => ({
  type,
  status,
  reason,
  message,
});
const runtimeReady = condition('RuntimeReady', true);
const networkReady = condition('NetworkReady', true);

test('what is wrong with a runtime', () => {
  assert.deepEqual(runtimeProblems(unseenRuntime, 0), [
    'container runtime status check may not have completed yet',
    'network state unknown',
  ]);
  const ready = seenRuntime(unseenRuntime, [runtimeReady, networkReady], 1000);
  assert.deepEqual(runtimeProblems(ready, 30_999), []);
  assert.deepEqual(runtimeProblems(ready, 31_000), ['container runtime is down']);
  const noNetwork = condition(
    'NetworkReady',
    false,
    'NetworkPluginNotReady',
    'no networks found in /etc/cni/net.d',
  );
  const unconnected = seenRuntime(ready, [runtimeReady, noNetwork], 40_000);
  assert.deepEqual(runtimeProblems(unconnected, 41_000), [
    'container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:no networks found in /etc/cni/net.d',
  ]);
  const silent = seenRuntime(unconnected, [], 42_000);
  assert.deepEqual(runtimeProblems(silent, 43_000), [
    'container runtime not ready: <nil>',
    'container runtime network not ready: <nil>',
  ]);
  assert.deepEqual(runtimeProblems(silent, 70_000)[0], 'container runtime is down');
});
