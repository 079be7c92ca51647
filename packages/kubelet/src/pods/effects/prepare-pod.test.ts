import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sizesOf } from '../../cgroups/sizes.ts';
import { redirectLog } from '../../klog/klog.ts';
import { NotedEvents } from '../../testing/noted-events.ts';
import { testPod } from '../../testing/pod.ts';
import { runtimeStatus } from '../../testing/runtime-status.ts';
import { preparePodEffect } from './prepare-pod.ts';
import { firstView } from './view.ts';

test('a sandbox that cannot be described is told as one that cannot be made', async () => {
  const events = new NotedEvents();
  const unused = (): never => assert.fail('nothing is made for it');
  const prepare = preparePodEffect({
    images: { ensure: unused },
    volumes: { setUp: unused },
    cgroups: { ensure: unused },
    sandboxConfigOf: () => {
      throw new Error('the name is too long');
    },
    handlers: { check: async () => {} },
    options: { podLogsDir: '/none', rootDir: '/none' },
    events,
  });
  const pod = testPod({ containers: [{ name: 'c' }] }, { name: 'p' });
  const step = { do: 'prepare-pod', containers: ['c'] } as const;
  const state = {
    waiting: new Map(),
    restartCounts: new Map(),
    resize: { actuated: sizesOf(pod), error: undefined },
  };
  const view = firstView(pod, runtimeStatus('', ''), state, [step]);
  const restore = redirectLog(() => {});
  const outcome = await prepare(step, view, new AbortController().signal);
  restore();
  const told = 'Failed to create pod sandbox: the name is too long';
  assert.deepEqual(outcome, { result: 'pod-failed', message: told });
  assert.deepEqual(events.lines, [`Warning FailedCreatePodSandBox default/p: ${told}`]);
});
