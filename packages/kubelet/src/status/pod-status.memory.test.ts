import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerStatus, Pod, PodStatus } from '../api/pod.ts';
import type { StartFailure } from '../kubecontainer/start-error.ts';
import { finishedEnd, type PodEnd } from '../pods/end/pod-end.ts';
import { testPod } from '../testing/pod.ts';
import { runtimeStatus } from '../testing/runtime-status.ts';
import { podStatus } from './pod-status.ts';

function statusOf(
  pod: Pod,
  have: [string, string],
  previous: PodStatus | undefined,
  end?: PodEnd,
  failures: ReadonlyMap<string, StartFailure> = new Map(),
): PodStatus {
  const probes = { result: () => undefined };
  const canMountRecursivelyReadOnly = true;
  const context = {
    runtimeName: 'r',
    probes,
    canMountRecursivelyReadOnly,
    failures,
    hostIps: [],
    podIps: [],
    now: 0,
    startedAt: 0,
  };
  return podStatus(pod, runtimeStatus(...have), { ...context, end }, previous);
}

/** The statuses of a pod whose runtime has these sandboxes and containers, one after the other. */
function after(pod: Pod, ...have: [string, string][]): PodStatus {
  return (
    have.reduce<PodStatus | undefined>((previous, each) => statusOf(pod, each, previous), undefined) ?? {}
  );
}

/** `waiting ContainerCreating / terminated ContainerStatusUnknown 137 #2`: state, last state, restart count. */
function show(status: ContainerStatus | undefined): string {
  const part = (state: ContainerStatus['state']): string => {
    const [kind = ''] = Object.keys(state ?? {});
    const { reason = '', exitCode } = { ...state?.waiting, ...state?.terminated };
    return [kind, reason, exitCode].filter((each) => each !== undefined && each !== '').join(' ');
  };
  return `${part(status?.state)} / ${part(status?.lastState)} #${status?.restartCount}`;
}

const lost = 'waiting ContainerCreating / terminated ContainerStatusUnknown 137';
const cases: [title: string, have: [string, string][], main: string, phase: string][] = [
  [
    'ran and is lost',
    [
      ['up', 'a:run'],
      ['', ''],
    ],
    `${lost} #1`,
    'Running',
  ],
  [
    'is lost for two rounds',
    [
      ['up', 'a:run'],
      ['', ''],
      ['up', ''],
    ],
    `${lost} #1`,
    'Running',
  ],
  [
    'was never made',
    [
      ['up', ''],
      ['', ''],
    ],
    'waiting ContainerCreating /  #0',
    'Pending',
  ],
  [
    'ended and is lost',
    [
      ['up', 'a:exit3'],
      ['', ''],
    ],
    'terminated Error 3 /  #0',
    'Running',
  ],
  [
    'was restarted, ran and is lost: the former end stays',
    [
      ['up', 'a:exit3 a:run'],
      ['', ''],
    ],
    'waiting ContainerCreating / terminated Error 3 #1',
    'Running',
  ],
  [
    'ran again after its predecessor was lost',
    [
      ['up', 'a:run'],
      ['', ''],
      ['up', 'a:run'],
    ],
    'running / terminated ContainerStatusUnknown 137 #1',
    'Running',
  ],
  [
    'its state is unknown',
    [
      ['up', 'a:run'],
      ['up', 'a:unknown'],
    ],
    'terminated ContainerStatusUnknown 137 /  #1',
    'Running',
  ],
];
for (const [title, have, main, phase] of cases) {
  test(`a container that ${title}: ${main}`, () => {
    const status = after(testPod({ containers: [{ name: 'a' }] }), ...have);
    assert.equal(show(status.containerStatuses?.[0]), main);
    assert.equal(status.phase, phase);
  });
}

test('a pod that is never restarted has failed when its container is lost, and stays so', () => {
  const pod = testPod({ restartPolicy: 'Never', containers: [{ name: 'a' }] });
  const failed = after(pod, ['up', 'a:run'], ['', '']);
  assert.equal(failed.phase, 'Failed');
  const again = statusOf(pod, ['up', 'a:run'], failed, finishedEnd(failed));
  assert.equal(again.phase, 'Failed');
});

test('reason and message of a final phase stay', () => {
  const pod = testPod({ restartPolicy: 'Never', containers: [{ name: 'a' }] });
  const late = statusOf(pod, ['up', 'a:run'], undefined, { by: 'deadline' });
  const { phase, reason, message } = statusOf(pod, ['down', ''], late, finishedEnd(late));
  assert.deepEqual([phase, reason], ['Failed', 'DeadlineExceeded']);
  assert.match(message ?? '', /deadline/);
  assert.equal(finishedEnd({ phase: 'Running' }), undefined);
});

test('a deleted pod tells how a container has ended that would have been started again', () => {
  const pod = testPod({ containers: [{ name: 'a' }] });
  const crash = new Map<string, StartFailure>([
    ['a', { reason: 'CrashLoopBackOff', message: 'back-off 10s' }],
  ]);
  const waits = statusOf(pod, ['up', 'a:exit9'], undefined, undefined, crash);
  assert.equal(show(waits.containerStatuses?.[0]), 'waiting CrashLoopBackOff / terminated Error 9 #0');
  const gone = statusOf(pod, ['up', 'a:exit9'], waits, { by: 'deleted', at: '' }, crash);
  assert.equal(show(gone.containerStatuses?.[0]), 'terminated Error 9 /  #0');
});

test('a deleted pod does not count that its container is gone as a restart', () => {
  const pod = testPod({ containers: [{ name: 'a' }] });
  const running = after(pod, ['up', 'a:run']);
  const gone = statusOf(pod, ['', ''], running, { by: 'deleted', at: '' });
  assert.equal(show(gone.containerStatuses?.[0]), `${lost} #0`);
});

test('containers that restart together wait with that reason, and the pod stays initialized', () => {
  const rule = {
    action: 'RestartAllContainers' as const,
    exitCodes: { operator: 'In' as const, values: [7] },
  };
  const pod = testPod({
    restartPolicy: 'Never',
    initContainers: [{ name: 'i' }],
    containers: [{ name: 'a', restartPolicy: 'Never', restartPolicyRules: [rule] }, { name: 'b' }],
  });
  const condition = ({ conditions }: PodStatus, type: string) => {
    const { status, reason } = conditions?.find((each) => each.type === type) ?? {};
    return [status, reason].filter((each) => each).join(' ');
  };
  const all = 'waiting RestartingAllContainers / terminated RestartingAllContainers 137 #1';
  const running = after(pod, ['up', 'i:exit0 a:run b:run']);
  assert.equal(condition(running, 'AllContainersRestarting'), 'False');

  const ended = statusOf(pod, ['up', 'i:exit0 a:exit7 b:run'], running);
  assert.equal(condition(ended, 'AllContainersRestarting'), 'True RestartAllContainersStarted');
  assert.equal(ended.phase, 'Running');

  const partly = statusOf(pod, ['up', 'a:exit7'], ended);
  assert.equal(show(partly.containerStatuses?.[1]), all);

  const removed = statusOf(pod, ['up', ''], ended);
  assert.deepEqual(removed.containerStatuses?.map(show), [all, all]);
  assert.equal(show(removed.initContainerStatuses?.[0]), all);
  assert.equal(condition(removed, 'AllContainersRestarting'), 'False');
  assert.equal(condition(removed, 'Initialized'), 'True');
  assert.equal(removed.phase, 'Running');

  const again = statusOf(pod, ['up', 'i:run'], removed);
  assert.equal(show(again.initContainerStatuses?.[0]), 'running / terminated RestartingAllContainers 137 #1');
  assert.equal(condition(again, 'Initialized'), 'True');
});

test('an init container that is lost has succeeded if the pod was initialized; a sidecar waits', () => {
  const pod = testPod({
    initContainers: [{ name: 'i' }, { name: 's', restartPolicy: 'Always' }],
    containers: [{ name: 'a' }],
  });
  const status = after(pod, ['up', 'a:run']);
  assert.deepEqual(
    status.initContainerStatuses?.map((each) => [each.ready, show(each)]),
    [
      [true, 'terminated Completed 0 /  #0'],
      [false, 'waiting PodInitializing /  #0'],
    ],
  );
});

test('an ephemeral container is neither ready nor started, and waits only before it ran', () => {
  const pod = testPod({ containers: [{ name: 'a' }], ephemeralContainers: [{ name: 'f' }, { name: 'e' }] });
  const status = after(pod, ['up', 'a:run e:run']);
  assert.deepEqual(
    status.ephemeralContainerStatuses?.map((each) => [each.name, each.ready, each.started, show(each)]),
    [
      ['e', false, undefined, 'running /  #0'],
      ['f', false, undefined, 'waiting ContainerCreating /  #0'],
    ],
  );
  assert.equal(status.phase, 'Running');
});
