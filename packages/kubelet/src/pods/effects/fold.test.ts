import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sizesOf } from '../../cgroups/sizes.ts';
import type { StartFailureReason } from '../../kubecontainer/start-error.ts';
import { testPod } from '../../testing/pod.ts';
import { runtimeStatus } from '../../testing/runtime-status.ts';
import { fold, starting } from './fold.ts';
import type { Outcome } from './outcome.ts';
import { firstView, type PodView } from './view.ts';

const pod = testPod({ containers: [{ name: 'a' }, { name: 'b' }], initContainers: [{ name: 'i' }] });
const restartCounts = new Map<string, number>();
const failure = (reason: StartFailureReason) => ({ reason, message: `${reason} message` });

/** What a table shows of a view: `sandboxes / containers / who waits why / when / what next`. */
function show({ runtime, runtimeIs, waiting, lookAt, retry, rest }: PodView): string {
  return [
    runtime.sandboxes.map(({ id, ready }) => `${id}${ready ? '' : ' down'}`).join(', '),
    runtime.containers.map(({ id }) => id).join(' '),
    [...waiting].map(([name, { reason }]) => `${name} ${reason}`).join(', '),
    [runtimeIs, lookAt, retry === 'not needed' ? undefined : retry, rest].filter((each) => each).join(', '),
  ].join(' / ');
}

const [sandbox] = runtimeStatus('down up', '').sandboxes;
const [container] = runtimeStatus('up', 'a:run').containers;
assert.ok(sandbox && container);

const cases: [title: string, sandboxes: string, containers: string, outcomes: Outcome[], view: string][] = [
  ['nothing happened', 'up', 'a:run', [], 's0 / a0 /  / known, go on'],
  [
    'prepared',
    'up',
    '',
    [{ result: 'prepared', volumes: new Map(), images: new Map(), imageVolumes: new Map() }],
    's0 /  /  / known, go on',
  ],
  ['something was removed', 'up', 'a:run', [{ result: 'runtime-changed' }], 's0 / a0 /  / stale, go on'],
  [
    'a new sandbox takes the place of the others',
    'up',
    '',
    [{ result: 'sandbox-created', sandbox }],
    's1, s0 down /  /  / known, go on',
  ],
  [
    'a container that started waits for nothing',
    'up',
    '',
    [
      { result: 'container-failed', name: 'a', failure: failure('ErrImagePull'), retryAt: 9 },
      { result: 'container-started', name: 'a', container },
    ],
    's0 / a0 /  / stale, 9, go on',
  ],
  [
    'a container that started and was gone again',
    'up',
    '',
    [{ result: 'container-started', name: 'a', container: undefined }],
    's0 /  /  / known, go on',
  ],
  [
    'a failure without a time is tried again after a pause, and the others go on',
    'up',
    '',
    [{ result: 'container-failed', name: 'a', failure: failure('CreateContainerError'), retryAt: undefined }],
    's0 /  / a CreateContainerError / stale, after a pause, go on',
  ],
  [
    'the earliest time counts',
    'up',
    '',
    [
      { result: 'backs-off', name: 'a', failure: failure('CrashLoopBackOff'), until: 7 },
      { result: 'container-failed', name: 'b', failure: failure('ImagePullBackOff'), retryAt: 5 },
      { result: 'backs-off', name: 'i', failure: failure('CrashLoopBackOff'), until: 6 },
    ],
    's0 /  / a CrashLoopBackOff, b ImagePullBackOff, i CrashLoopBackOff / stale, 5, go on',
  ],
  [
    'a back-off alone leaves the runtime as it is',
    'up',
    'a:exit1',
    [{ result: 'backs-off', name: 'a', failure: failure('CrashLoopBackOff'), until: 7 }],
    's0 / a0 / a CrashLoopBackOff / known, 7, go on',
  ],
  [
    'a pod that cannot come up shows it on every container that does not exist',
    'up',
    'a:exit1',
    [{ result: 'pod-failed', message: 'no network' }],
    's0 / a0 / i ContainerCreating, b ContainerCreating / stale, after a pause, stop',
  ],
  [
    'a pod that cannot come up before a time',
    'up',
    'a:exit1',
    [
      { result: 'backs-off', name: 'a', failure: failure('CrashLoopBackOff'), until: 7 },
      { result: 'pod-failed', message: 'no such configmap', retryAt: 5 },
    ],
    's0 / a0 / a CrashLoopBackOff, i ContainerCreating, b ContainerCreating / stale, 5, on news, stop',
  ],
  ['a pod that shall end', 'up', '', [{ result: 'aborted' }], 's0 /  /  / known, stop'],
];
const resize = { actuated: sizesOf(pod), error: undefined };

for (const [title, sandboxes, containers, outcomes, want] of cases) {
  test(`${title}: ${want}`, () => {
    const view = firstView(
      pod,
      runtimeStatus(sandboxes, containers),
      { waiting: new Map(), restartCounts, resize },
      [],
    );
    assert.equal(show(outcomes.reduce(fold, view)), want);
  });
}

test('a round begins without the waits of containers that run or that nothing is wanted of', () => {
  const waiting = new Map(['a', 'b', 'i'].map((name) => [name, failure('CrashLoopBackOff')]));
  const actions = ['a', 'b'].map(
    (name) => ({ do: 'start-container', name, kind: 'regular', restartCount: 0 }) as const,
  );
  const view = firstView(
    pod,
    runtimeStatus('up', 'a:run b:exit1'),
    { waiting, restartCounts, resize },
    actions,
  );
  assert.deepEqual([...view.waiting.keys()], ['b']);
});

test('sizes of cgroups change with the starts of containers and with resizes, which are tried again', () => {
  const asks = testPod({ containers: [{ name: 'a', resources: { limits: { cpu: '1' } } }] });
  const view = firstView(asks, runtimeStatus('up', ''), { waiting: new Map(), restartCounts, resize }, []);
  const started = starting(view, 'a');
  assert.equal(starting(started, 'a'), started);
  assert.equal(
    fold(started, { result: 'container-started', name: 'a', container: undefined }).resize,
    started.resize,
  );
  assert.deepEqual(started.resize.actuated.containers.get('a'), sizesOf(asks).containers.get('a'));
  assert.equal(started.resize.actuated.pod, resize.actuated.pod);
  const { actuated } = started.resize;
  const done = fold(view, { result: 'pod-resized', actuated, error: undefined });
  assert.deepEqual([done.resize.actuated, done.retry, done.runtimeIs], [actuated, 'not needed', 'stale']);
  const failed = fold(view, { result: 'pod-resized', actuated, error: 'no' });
  assert.deepEqual([failed.resize.error, failed.retry, failed.rest], ['no', 'after a pause', 'go on']);
});
