import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerStatus, Pod, PodStatus } from '../api/pod.ts';
import { testPod } from '../testing/pod.ts';
import { finalStatus } from './final-status.ts';

const regular = testPod({ containers: [{ name: 'c' }] });
const withInit = (restartPolicy?: 'Always'): Pod =>
  testPod({
    initContainers: [{ name: 'i' }, { name: 'j', ...(restartPolicy && { restartPolicy }) }],
    containers: [{ name: 'c' }],
  });

const waiting = { waiting: { reason: 'PodInitializing' } };
const running = { running: { startedAt: '2026-11-30T09:00:00Z' } };
const ended = (exitCode: number) => ({ terminated: { exitCode } });

function status(name: string, state: ContainerStatus['state'], more: Partial<ContainerStatus> = {}) {
  return { name, state, ready: false, restartCount: 0, image: '', imageID: '', ...more } as ContainerStatus;
}

/** The phase, and of each container `-` for one that waits, its exit code or its state. */
function shown({ phase, initContainerStatuses = [], containerStatuses = [] }: PodStatus): string {
  const one = ({ state }: ContainerStatus): string =>
    state?.waiting ? '-' : state?.running ? 'runs' : String(state?.terminated?.exitCode);
  return [phase, ...initContainerStatuses.map(one), '|', ...containerStatuses.map(one)].join(' ');
}

const cases: [what: string, pod: Pod, last: PodStatus, final: string][] = [
  [
    'a container whose end is known keeps it, and so does a final phase',
    regular,
    { phase: 'Succeeded', containerStatuses: [status('c', ended(0))] },
    'Succeeded | 0',
  ],
  [
    'a container that is lost has failed',
    regular,
    { phase: 'Running', containerStatuses: [status('c', running)] },
    'Failed | 137',
  ],
  [
    'one that never started, too, without init containers',
    regular,
    { phase: 'Pending', containerStatuses: [status('c', waiting)] },
    'Failed | 137',
  ],
  [
    'init containers that were not reached stay waiting',
    withInit(),
    {
      phase: 'Pending',
      initContainerStatuses: [status('i', running), status('j', waiting)],
      containerStatuses: [status('c', waiting)],
    },
    'Failed 137 - | -',
  ],
  [
    'the first init container counts as started',
    withInit(),
    {
      phase: 'Pending',
      initContainerStatuses: [status('i', waiting), status('j', waiting)],
      containerStatuses: [status('c', waiting)],
    },
    'Failed 137 - | -',
  ],
  [
    'after the last init container the regular ones count as started',
    withInit(),
    {
      phase: 'Pending',
      initContainerStatuses: [status('i', ended(0)), status('j', ended(0))],
      containerStatuses: [status('c', waiting)],
    },
    'Failed 0 0 | 137',
  ],
  [
    'and after a sidecar that has started',
    withInit('Always'),
    {
      phase: 'Pending',
      initContainerStatuses: [status('i', ended(0)), status('j', running, { started: true })],
      containerStatuses: [status('c', waiting)],
    },
    'Failed 0 137 | 137',
  ],
  [
    'not before it has started',
    withInit('Always'),
    {
      phase: 'Pending',
      initContainerStatuses: [status('i', ended(0)), status('j', running, { started: false })],
      containerStatuses: [status('c', waiting)],
    },
    'Failed 0 137 | -',
  ],
  [
    'a container that is to be restarted was started once',
    withInit(),
    {
      phase: 'Running',
      initContainerStatuses: [status('i', ended(0)), status('j', waiting, { lastState: ended(1) })],
      containerStatuses: [status('c', waiting, { lastState: ended(1) })],
    },
    'Failed 0 137 | 137',
  ],
];

for (const [what, pod, last, final] of cases) {
  test(what, () => assert.equal(shown(finalStatus(pod, last)), final));
}
