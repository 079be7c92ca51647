import assert from 'node:assert/strict';
import { test } from 'node:test';
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import { type PodView, podProgress } from './progress.ts';

const now = Date.parse('2026-01-01T00:01:00Z');
const at = (secondsAgo: number) =>
  new Date(now - secondsAgo * 1000).toISOString().replace('.000', '') as never;

const spec = (more: Partial<v1.PodSpec> = {}): v1.PodSpec => ({
  containers: [{ name: 'a', image: 'nginx:1' }],
  ...more,
});
const container = (name: string, state: v1.ContainerState, more: Partial<v1.ContainerStatus> = {}) => ({
  name,
  state,
  ready: false,
  restartCount: 0,
  image: '',
  imageID: '',
  ...more,
});
const pod = (status: v1.PodStatus, more: Partial<v1.PodSpec> = {}): v1.Pod => ({
  metadata: { name: 'p' },
  spec: spec(more),
  status,
});
const running = (secondsAgo: number) => ({ running: { startedAt: at(secondsAgo) } });
const terminated = (exitCode: number, message?: string) => ({ terminated: { exitCode, message } });
const ready: v1.PodCondition[] = [{ type: 'Ready', status: 'True' }];
const up = (secondsAgo: number, more: Partial<v1.ContainerStatus> = {}) =>
  container('a', running(secondsAgo), { ready: true, ...more });
const old = (deletedSecondsAgo?: number): v1.Pod => ({
  metadata: {
    name: 'p',
    ...(deletedSecondsAgo !== undefined && { deletionTimestamp: at(deletedSecondsAgo) }),
  },
  spec: spec({ terminationGracePeriodSeconds: 30 }),
});
const creating = pod({
  phase: 'Pending',
  containerStatuses: [container('a', { waiting: { reason: 'ContainerCreating' } })],
});

const cases: [what: string, view: Partial<PodView>, state: string, message: string, isRetried?: boolean][] = [
  ['not listed', {}, 'waiting', 'waiting for the kubelet'],
  ['a manifest that the kubelet refuses', { rejection: 'spec: wrong' }, 'failed', 'spec: wrong', false],
  ['nothing yet', { pod: pod({ phase: 'Pending' }) }, 'waiting', 'starting'],
  [
    'ready, but not for long',
    { pod: pod({ phase: 'Running', conditions: ready, containerStatuses: [up(1)] }) },
    'waiting',
    'Running, watched for 3 s more',
  ],
  [
    'ready for a while',
    { pod: pod({ phase: 'Running', conditions: ready, containerStatuses: [up(4)] }) },
    'done',
    'Running',
  ],
  [
    'ready by its probe',
    {
      pod: pod(
        { phase: 'Running', conditions: ready, containerStatuses: [up(0)] },
        { containers: [{ name: 'a', readinessProbe: {} }] },
      ),
    },
    'done',
    'Running',
  ],
  ['a job that is done', { pod: pod({ phase: 'Succeeded' }) }, 'done', 'Completed'],
  [
    'one of two that has completed',
    {
      pod: pod(
        { phase: 'Running', containerStatuses: [up(9), container('b', terminated(0))] },
        { containers: [{ name: 'a' }, { name: 'b' }], restartPolicy: 'OnFailure' },
      ),
    },
    'done',
    'Running, 1 of 2 completed',
  ],
  ['image is being pulled', { pod: creating }, 'waiting', 'container a: ContainerCreating'],
  [
    'with so much of it here',
    { pod: creating, pulls: [{ image: 'nginx:1', done: 37_400_000, total: 120_000_000 }] },
    'waiting',
    'pulling nginx:1 37/120 MB',
  ],
  [
    'a small image',
    { pod: creating, pulls: [{ image: 'a', done: 100_000, total: 2_000_000 }] },
    'waiting',
    'pulling a 0.1/2.0 MB',
  ],
  [
    'two images, one of them unknown as yet',
    {
      pod: creating,
      pulls: [
        { image: 'a', done: 1e7, total: 2e7 },
        { image: 'b', done: 0, total: 0 },
      ],
    },
    'waiting',
    'pulling 2 images 10/20 MB',
  ],
  [
    'a pull that begins',
    { pod: creating, pulls: [{ image: 'a', done: 0, total: 0 }] },
    'waiting',
    'pulling a',
  ],
  ['all here', { pod: creating, pulls: [{ image: 'a', done: 5, total: 5 }] }, 'waiting', 'unpacking a'],
  ['an update', { pod: creating, former: [old(8)] }, 'waiting', 'old pod ending, 22 s left'],
  ['an update that is not known yet', { former: [old()] }, 'waiting', 'old pod ending'],
  [
    'an update past its grace period',
    { pod: creating, former: [old(31)] },
    'waiting',
    'old pod ending, killed now',
  ],
  [
    'a sandbox that cannot be made yet',
    {
      pod: pod(
        {
          phase: 'Pending',
          initContainerStatuses: [
            container('i', { waiting: { reason: 'ContainerCreating', message: 'network is not ready' } }),
          ],
          containerStatuses: [container('a', { waiting: { reason: 'PodInitializing' } })],
        },
        { initContainers: [{ name: 'i' }] },
      ),
    },
    'waiting',
    'container i: ContainerCreating: network is not ready',
  ],
  [
    'an init container that works',
    {
      pod: pod(
        {
          phase: 'Pending',
          initContainerStatuses: [container('i', running(90))],
          containerStatuses: [container('a', { waiting: { reason: 'PodInitializing' } })],
        },
        { initContainers: [{ name: 'i' }] },
      ),
    },
    'waiting',
    'init container i runs',
  ],
  [
    'a probe that has not succeeded',
    { pod: pod({ phase: 'Running', containerStatuses: [container('a', running(9))] }) },
    'waiting',
    'container a runs, not ready yet',
  ],
  [
    'a readiness gate',
    { pod: pod({ phase: 'Running', conditions: [], containerStatuses: [up(9)] }) },
    'waiting',
    'every container runs, the pod is not ready yet',
  ],
  [
    'an image that is not there',
    {
      pod: pod({
        phase: 'Pending',
        containerStatuses: [
          container('a', { waiting: { reason: 'ErrImagePull', message: 'no such image' } }),
        ],
      }),
    },
    'failed',
    'container a: ErrImagePull: no such image',
    true,
  ],
  [
    'a container that crashes again and again',
    {
      pod: pod({
        phase: 'Running',
        containerStatuses: [
          container(
            'a',
            {
              waiting: {
                reason: 'CrashLoopBackOff',
                message: 'back-off 10s restarting failed container=a pod=p_d(1)',
              },
            },
            { lastState: terminated(3, 'boom\n') },
          ),
        ],
      }),
    },
    'failed',
    'container a: CrashLoopBackOff: back-off 10s (it ended with exit code 3: boom)',
    true,
  ],
  [
    'a container that has crashed and runs again',
    {
      pod: pod({
        conditions: ready,
        containerStatuses: [up(9, { restartCount: 1, lastState: terminated(3) })],
      }),
    },
    'failed',
    'container a ended with exit code 3, and is started again',
    true,
  ],
  [
    'a pod that counts on from its old logs',
    { pod: pod({ conditions: ready, containerStatuses: [up(9, { restartCount: 1, lastState: {} })] }) },
    'done',
    'Running',
  ],
  [
    'one that did so before',
    {
      pod: pod({
        conditions: ready,
        containerStatuses: [up(9, { restartCount: 1, lastState: terminated(3) })],
      }),
      restartsBefore: () => 1,
    },
    'done',
    'Running',
  ],
  [
    'a server that ends',
    { pod: pod({ containerStatuses: [container('a', terminated(0))] }) },
    'failed',
    'container a ended with exit code 0, and is started again (restartPolicy is Always; OnFailure and Never let a container complete)',
    true,
  ],
  [
    'a container that has just failed',
    { pod: pod({ containerStatuses: [container('a', terminated(3))] }, { restartPolicy: 'OnFailure' }) },
    'failed',
    'container a ended with exit code 3',
    true,
  ],
  [
    'a container that nothing starts again',
    { pod: pod({ containerStatuses: [container('a', terminated(3))] }, { restartPolicy: 'Never' }) },
    'failed',
    'container a ended with exit code 3',
    false,
  ],
  [
    'a pod that failed',
    { pod: pod({ phase: 'Failed', containerStatuses: [container('a', terminated(1, 'bad argument'))] }) },
    'failed',
    'container a ended with exit code 1: bad argument',
    false,
  ],
  [
    'a pod that took too much memory',
    {
      pod: pod(
        {
          phase: 'Failed',
          containerStatuses: [container('a', { terminated: { exitCode: 137, reason: 'OOMKilled' } })],
        },
        { containers: [{ name: 'a', resources: { limits: { memory: '64Mi' } } }] },
      ),
    },
    'failed',
    'container a ended with exit code 137 (OOMKilled, the memory limit is 64Mi)',
    false,
  ],
  [
    'a pod that was refused',
    { pod: pod({ phase: 'Failed', reason: 'OutOfpods', message: 'too many pods' }) },
    'failed',
    'OutOfpods: too many pods',
    false,
  ],
  [
    'a pod that was refused, in the words of the kubelet',
    {
      pod: pod({ phase: 'Failed', reason: 'UnexpectedAdmissionError', message: 'no set of pods found' }),
      rejection: 'not enough memory',
    },
    'failed',
    'UnexpectedAdmissionError: not enough memory',
    false,
  ],
  [
    'an init container',
    {
      pod: pod(
        {
          phase: 'Pending',
          initContainerStatuses: [container('i', { waiting: { reason: 'ImagePullBackOff' } })],
        },
        { initContainers: [{ name: 'i' }] },
      ),
    },
    'failed',
    'container i: ImagePullBackOff',
    true,
  ],
];

for (const [what, view, state, message, isRetried] of cases) {
  test(`progress: ${what}`, () => {
    const nothing = {
      pod: undefined,
      former: [],
      rejection: undefined,
      pulls: [],
      restartsBefore: () => 0,
      now,
    };
    const found = podProgress({ ...nothing, ...view });
    assert.deepEqual({ state: found.state, message: found.message }, { state, message });
    if (found.state === 'failed') assert.equal(found.isRetried, isRetried);
  });
}
