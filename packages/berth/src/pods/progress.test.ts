import assert from 'node:assert/strict';
import { test } from 'node:test';
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import { podProgress } from './progress.ts';

const container = (name: string, state: v1.ContainerState, more: Partial<v1.ContainerStatus> = {}) => ({
  name,
  state,
  ready: false,
  restartCount: 0,
  image: '',
  imageID: '',
  ...more,
});
const pod = (status: v1.PodStatus): v1.Pod => ({ metadata: { name: 'p' }, status });
const terminated = (exitCode: number, message?: string) => ({ terminated: { exitCode, message } });

for (const [what, given, expected] of [
  ['not listed', undefined, { state: 'waiting', message: 'waiting for the kubelet' }],
  ['nothing yet', pod({ phase: 'Pending' }), { state: 'waiting', message: 'starting' }],
  [
    'ready',
    pod({ phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] }),
    { state: 'done', message: 'Running' },
  ],
  ['a job that is done', pod({ phase: 'Succeeded' }), { state: 'done', message: 'Completed' }],
  [
    'image is being pulled',
    pod({
      phase: 'Pending',
      containerStatuses: [container('a', { waiting: { reason: 'ContainerCreating' } })],
    }),
    { state: 'waiting', message: 'container a: ContainerCreating' },
  ],
  [
    'a sandbox that cannot be made yet',
    pod({
      phase: 'Pending',
      initContainerStatuses: [
        container('i', { waiting: { reason: 'ContainerCreating', message: 'network is not ready' } }),
      ],
    }),
    { state: 'waiting', message: 'container i: ContainerCreating: network is not ready' },
  ],
  [
    'a probe that has not succeeded',
    pod({ phase: 'Running', containerStatuses: [container('a', { running: {} })] }),
    { state: 'waiting', message: 'container a runs, not ready yet' },
  ],
  [
    'an image that is not there',
    pod({
      phase: 'Pending',
      containerStatuses: [container('a', { waiting: { reason: 'ErrImagePull', message: 'no such image' } })],
    }),
    { state: 'failed', message: 'container a: ErrImagePull: no such image' },
  ],
  [
    'a container that crashes again and again',
    pod({
      phase: 'Running',
      containerStatuses: [
        container('ok', { running: {} }, { ready: true }),
        container('a', { waiting: { reason: 'CrashLoopBackOff' } }, { lastState: terminated(3, 'boom\n') }),
      ],
    }),
    { state: 'failed', message: 'container a: CrashLoopBackOff (it ended with exit code 3: boom)' },
  ],
  [
    'a pod that failed',
    pod({ phase: 'Failed', containerStatuses: [container('a', terminated(1, 'bad argument'))] }),
    { state: 'failed', message: 'container a ended with exit code 1: bad argument' },
  ],
  [
    'a pod that took too much memory',
    pod({
      phase: 'Failed',
      containerStatuses: [container('a', { terminated: { exitCode: 137, reason: 'OOMKilled' } })],
    }),
    { state: 'failed', message: 'container a ended with exit code 137 (OOMKilled)' },
  ],
  [
    'a pod that was refused',
    pod({ phase: 'Failed', reason: 'OutOfpods', message: 'too many pods' }),
    { state: 'failed', message: 'OutOfpods: too many pods' },
  ],
  [
    'an init container',
    pod({
      phase: 'Pending',
      initContainerStatuses: [container('i', { waiting: { reason: 'ImagePullBackOff' } })],
    }),
    { state: 'failed', message: 'container i: ImagePullBackOff' },
  ],
] as const) {
  test(`progress: ${what}`, () => assert.deepEqual(podProgress(given), expected));
}
