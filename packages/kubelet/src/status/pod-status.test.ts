import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerState, PodSpec } from '../api/pod.ts';
import {
  emptyRuntimeStatus,
  type PodRuntimeStatus,
  type RuntimeContainer,
} from '../kubecontainer/runtime-status.ts';
import type { StartFailure } from '../kubecontainer/start-error.ts';
import type { ProbeResult } from '../prober/results.ts';
import { testPod } from '../testing/pod.ts';
import { podConditions } from './conditions.ts';
import { pendingStatus, podStatus, rejectedStatus } from './pod-status.ts';

type Policy = PodSpec['restartPolicy'];

/** `a:run`, `a:exit3`, `a:created`; oldest first, the second of a name is its first restart. */
function runtime(containers: string, ready = true): PodRuntimeStatus {
  const counts = new Map<string, number>();
  const list = (containers === '' ? [] : containers.split(' ')).map((text, index): RuntimeContainer => {
    const [name = '', state = ''] = text.split(':');
    const restartCount = counts.get(name) ?? 0;
    counts.set(name, restartCount + 1);
    const exited = state.startsWith('exit');
    return {
      id: `${name}${restartCount}`,
      name,
      sandboxId: 's',
      state: exited ? 'exited' : state === 'created' ? 'created' : 'running',
      restartCount,
      hash: '',
      image: 'docker.io/library/busybox:latest',
      imageRef: 'docker.io/library/busybox@sha256:0',
      createdAt: BigInt(index),
      startedAt: 1_000_000_000_000,
      finishedAt: exited ? 1_000_000_002_000 : 0,
      exitCode: exited ? Number(state.slice(4)) : 0,
      reason: exited ? (state === 'exit0' ? 'Completed' : 'Error') : '',
      message: '',
    };
  });
  const sandbox = {
    id: 's',
    attempt: 0,
    ready,
    createdAt: 0n,
    hostNetwork: false,
    ips: ['10.0.0.2'],
    networkReported: true,
  };
  return { uid: 'u', name: 'p', namespace: 'default', sandboxes: [sandbox], containers: list.reverse() };
}

function status(
  restartPolicy: Policy,
  init: string,
  regular: string,
  have: PodRuntimeStatus,
  failures: Record<string, StartFailure> = {},
  deadlineExceeded = false,
) {
  const named = (text: string) =>
    (text === '' ? [] : text.split(' ')).map((each) => ({
      name: each.replace(/^\+|=.*/g, ''),
      ...(each.startsWith('+') ? { restartPolicy: 'Always' as const } : {}),
      ...(each.includes('=') ? { restartPolicy: each.split('=')[1] as Policy } : {}),
    }));
  const pod = testPod({ restartPolicy, containers: named(regular), initContainers: named(init) });
  const context = {
    runtimeName: 'berth',
    probes: { result: () => undefined },
    canMountRecursivelyReadOnly: true,
    failures: new Map(Object.entries(failures)),
    hostIps: ['192.0.2.1'],
    podIps: ['10.0.0.2'],
    now: 1_000_000_010_000,
    startedAt: 999_999_999_500,
    end: deadlineExceeded ? ({ by: 'deadline' } as const) : undefined,
  };
  return podStatus(pod, have, context, undefined);
}

const crash: StartFailure = { reason: 'CrashLoopBackOff', message: 'back-off 10s' };

const phases: [
  policy: Policy[],
  init: string,
  regular: string,
  have: string,
  failing: string,
  phase: string,
][] = [
  [['Always', 'OnFailure', 'Never'], '', 'a', '', '', 'Pending'],
  [['Always', 'OnFailure', 'Never'], '', 'a', 'a:run', '', 'Running'],
  [['Always', 'OnFailure', 'Never'], '', 'a b', 'a:run', '', 'Pending'],
  [['Always', 'OnFailure', 'Never'], '', 'a', 'a:created', '', 'Pending'],
  [['Always'], '', 'a', 'a:exit0', '', 'Running'],
  [['Always'], '', 'a', 'a:exit1', '', 'Running'],
  [['Always', 'OnFailure'], '', 'a', 'a:exit1', 'a', 'Running'],
  [['Always'], '', 'a', '', 'a', 'Pending'],
  [['OnFailure'], '', 'a', 'a:exit1', '', 'Running'],
  [['OnFailure', 'Never'], '', 'a', 'a:exit0', '', 'Succeeded'],
  [['Never'], '', 'a', 'a:exit1', '', 'Failed'],
  [['Never'], '', 'a b', 'a:exit1 b:exit0', '', 'Failed'],
  [['Never'], '', 'a b', 'a:exit1 b:run', '', 'Running'],
  [['OnFailure', 'Never'], '', 'a b', 'a:exit0 b:exit0', '', 'Succeeded'],
  [['OnFailure'], '', 'a b', 'a:exit0 b:exit1', '', 'Running'],
  [['Always', 'OnFailure', 'Never'], 'i', 'a', '', '', 'Pending'],
  [['Always', 'OnFailure', 'Never'], 'i', 'a', 'i:run', '', 'Pending'],
  [['Always', 'OnFailure', 'Never'], 'i', 'a', 'i:exit0', '', 'Pending'],
  [['Always', 'OnFailure', 'Never'], 'i', 'a', 'i:exit0 a:run', '', 'Running'],
  [['Always', 'OnFailure', 'Never'], 'i', 'a', 'a:run', '', 'Running'],
  [['Always', 'OnFailure'], 'i', 'a', 'i:exit1', '', 'Pending'],
  [['Always', 'OnFailure'], 'i', 'a', 'i:exit1', 'i', 'Pending'],
  [['Never'], 'i', 'a', 'i:exit1', '', 'Failed'],
  [['Never'], 'i j', 'a', 'i:exit0 j:exit2', '', 'Failed'],
  // Sidecars, which have a + here: they hold back the start of the pod, but not its end.
  [['Always', 'OnFailure', 'Never'], '+s', 'a', 's:run', '', 'Pending'],
  [['Always', 'OnFailure', 'Never'], '+s', 'a', 's:run a:run', '', 'Running'],
  [['Always', 'OnFailure', 'Never'], '+s', 'a', 's:exit1 a:run', '', 'Running'],
  [['Always', 'OnFailure', 'Never'], '+s', 'a', 's:exit1 a:run', 's', 'Running'],
  [['Always', 'OnFailure', 'Never'], '+s', 'a', 's:exit1', '', 'Pending'],
  [['Always', 'OnFailure', 'Never'], '+s', 'a', 'a:run', '', 'Pending'],
  [['OnFailure', 'Never'], '+s', 'a', 's:run a:exit0', '', 'Running'],
  [['OnFailure', 'Never'], '+s', 'a', 's:exit0 a:exit0', '', 'Succeeded'],
  [['OnFailure', 'Never'], '+s', 'a', 's:exit137 a:exit0', '', 'Succeeded'],
  [['Never'], '+s', 'a', 's:exit0 a:exit1', '', 'Failed'],
  [['Always', 'OnFailure'], '+s i', 'a', 's:run i:exit1', '', 'Pending'],
  [['Never'], '+s i', 'a', 's:run i:exit1', '', 'Failed'],
  // Containers with a policy of their own.
  [['Always'], '', 'a=Never', 'a:exit0', '', 'Succeeded'],
  [['Always'], '', 'a=Never', 'a:exit1', '', 'Failed'],
  [['Never'], '', 'a=OnFailure', 'a:exit1', '', 'Running'],
  [['Never'], '', 'a=Always', 'a:exit0', '', 'Running'],
  [['Never'], '', 'a=Always b', 'a:exit0 b:exit1', '', 'Running'],
  [['Never'], 'i=OnFailure', 'a', 'i:exit1', '', 'Pending'],
  [['Always'], 'i=Never', 'a', 'i:exit1', '', 'Failed'],
];
for (const [policies, init, regular, have, failing, phase] of phases) {
  for (const policy of policies) {
    test(`${init || 'no init'} / ${regular} (${policy}) with ${have || 'nothing'}${failing && ', backing off'}: ${phase}`, () => {
      const failures = failing ? { [failing]: crash } : {};
      assert.equal(status(policy, init, regular, runtime(have), failures).phase, phase);
    });
  }
}

const states: [
  title: string,
  have: string,
  failures: Record<string, StartFailure>,
  state: ContainerState,
  last: ContainerState,
][] = [
  ['not there', '', {}, { waiting: { reason: 'ContainerCreating' } }, {}],
  ['running', 'a:run', {}, { running: { startedAt: '2001-09-09T01:46:40Z' } }, {}],
  [
    'image missing',
    '',
    { a: { reason: 'ErrImagePull', message: 'no such image' } },
    { waiting: { reason: 'ErrImagePull', message: 'no such image' } },
    {},
  ],
  ['crash loop', 'a:exit1', { a: crash }, { waiting: crash }, { terminated: terminated('a0', 1, 'Error') }],
  [
    'restarted',
    'a:exit1 a:run',
    {},
    { running: { startedAt: '2001-09-09T01:46:40Z' } },
    { terminated: terminated('a0', 1, 'Error') },
  ],
  [
    'an old failure, running now',
    'a:run',
    { a: crash },
    { running: { startedAt: '2001-09-09T01:46:40Z' } },
    {},
  ],
  ['ended, restart at hand', 'a:exit0', {}, { terminated: terminated('a0', 0, 'Completed') }, {}],
];
function terminated(id: string, exitCode: number, reason: string) {
  return {
    exitCode,
    reason,
    startedAt: '2001-09-09T01:46:40Z',
    finishedAt: '2001-09-09T01:46:42Z',
    containerID: `berth://${id}`,
  };
}
for (const [title, have, failures, state, last] of states) {
  test(`container state: ${title}`, () => {
    const [container] = status('Always', '', 'a', runtime(have), failures).containerStatuses ?? [];
    assert.deepEqual(container?.state, state);
    assert.deepEqual(container?.lastState, last);
  });
}

test('the whole status of a running pod', () => {
  const { conditions, ...rest } = status('Always', 'i', 'b a', runtime('i:exit0 b:run a:exit1 a:run'));
  const base = {
    image: 'docker.io/library/busybox:latest',
    imageID: 'docker.io/library/busybox@sha256:0',
    resources: {},
  };
  const running = { running: { startedAt: '2001-09-09T01:46:40Z' } };
  assert.deepEqual(rest, {
    phase: 'Running',
    hostIP: '192.0.2.1',
    hostIPs: [{ ip: '192.0.2.1' }],
    podIP: '10.0.0.2',
    podIPs: [{ ip: '10.0.0.2' }],
    startTime: '2001-09-09T01:46:39Z',
    initContainerStatuses: [
      {
        ...base,
        name: 'i',
        state: { terminated: terminated('i0', 0, 'Completed') },
        lastState: {},
        ready: true,
        restartCount: 0,
        containerID: 'berth://i0',
        started: false,
      },
    ],
    containerStatuses: [
      {
        ...base,
        name: 'a',
        state: running,
        lastState: { terminated: terminated('a0', 1, 'Error') },
        ready: true,
        restartCount: 1,
        containerID: 'berth://a1',
        started: true,
      },
      {
        ...base,
        name: 'b',
        state: running,
        lastState: {},
        ready: true,
        restartCount: 0,
        containerID: 'berth://b0',
        started: true,
      },
    ],
    qosClass: 'BestEffort',
    resources: {},
  });
  assert.deepEqual(
    conditions?.map(({ type, status, lastTransitionTime }) => [type, status, lastTransitionTime]),
    ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map((type) => [
      type,
      'True',
      '2001-09-09T01:46:50Z',
    ]),
  );
});

test('a pod with readiness gates is not ready while nobody opens them', () => {
  const pod = testPod({
    containers: [{ name: 'a' }],
    readinessGates: [{ conditionType: 'a.b/c' }],
  });
  const now = '2026-01-02T03:04:05Z';
  const ready = { name: 'a', ready: true, image: '', imageID: '', restartCount: 0 };
  const regular = (isReady: boolean) => ({
    init: [],
    regular: [{ ...ready, ready: isReady }],
    phase: 'Running' as const,
    restartsAll: false,
  });
  const readiness = (isReady: boolean) =>
    podConditions(pod, runtime('a:run'), regular(isReady), [], now)
      .filter(({ type }) => type.endsWith('Ready'))
      .map(({ type, status, reason, message }) => [type, status, reason, message]);
  const message = 'corresponding condition of pod readiness gate "a.b/c" does not exist.';
  assert.deepEqual(readiness(true), [
    ['Ready', 'False', 'ReadinessGatesNotReady', message],
    ['ContainersReady', 'True', undefined, undefined],
  ]);
  assert.equal(readiness(false)[0]?.[2], 'ContainersNotReady');
});

test('conditions of a pod that waits', () => {
  const { conditions } = status('Always', 'i', 'a b', runtime('i:run', false));
  assert.deepEqual(
    conditions?.map(({ type, status, reason, message }) => [type, status, reason, message]),
    [
      ['PodReadyToStartContainers', 'False', 'PodSandboxNotReady', 'pod sandbox is not ready'],
      ['Initialized', 'False', 'ContainersNotInitialized', 'containers with incomplete status: [i]'],
      ['Ready', 'False', 'ContainersNotReady', 'containers with unready status: [a b]'],
      ['ContainersReady', 'False', 'ContainersNotReady', 'containers with unready status: [a b]'],
      ['PodScheduled', 'True', undefined, undefined],
    ],
  );
});

test('status and conditions say which generation of the pod they are about', () => {
  const pod = testPod({ containers: [{ name: 'a' }] }, { generation: 3 });
  const { observedGeneration, conditions } = pendingStatus(pod, [], 0);
  assert.equal(observedGeneration, 3);
  assert.ok(conditions?.every((each) => each.observedGeneration === 3 && each.lastProbeTime === null));
  const end = { by: 'rejected', reason: 'OutOfcpu', message: '' } as const;
  assert.equal(rejectedStatus(pod, end, 0).observedGeneration, 3);
});

test('a pod that was initialized stays so', () => {
  const pod = testPod({ containers: [{ name: 'a' }], initContainers: [{ name: 'i' }] });
  const statuses = {
    init: [{ name: 'i', ready: false, image: '', imageID: '', restartCount: 0 }],
    regular: [],
    phase: 'Pending' as const,
    restartsAll: false,
  };
  const initialized = (before: 'True' | 'False') => {
    const previous = [{ type: 'Initialized', status: before, lastTransitionTime: '2026-01-02T03:04:05Z' }];
    const conditions = podConditions(pod, runtime(''), statuses, previous, '2026-02-03T04:05:06Z');
    return conditions.find(({ type }) => type === 'Initialized');
  };
  assert.deepEqual([initialized('True')?.status, initialized('True')?.reason], ['True', undefined]);
  assert.equal(initialized('True')?.lastTransitionTime, '2026-01-02T03:04:05Z');
  assert.equal(initialized('False')?.reason, 'ContainersNotInitialized');
});

const results: [startup: ProbeResult | undefined, readiness: ProbeResult | undefined, shown: string][] = [
  [undefined, undefined, 'started ready'],
  ['success', undefined, 'started ready'],
  ['unknown', undefined, 'unstarted unready'],
  ['failure', 'success', 'unstarted unready'],
  [undefined, 'success', 'started ready'],
  [undefined, 'failure', 'started unready'],
  ['success', 'unknown', 'started unready'],
];
for (const [startup, readiness, shown] of results) {
  test(`a container with startup ${startup} and readiness ${readiness} is ${shown}`, () => {
    const result = (kind: string) => (kind === 'startup' ? startup : readiness);
    const pod = testPod({ containers: [{ name: 'a' }] });
    const context = {
      runtimeName: 'berth',
      probes: { result },
      canMountRecursivelyReadOnly: true,
      failures: new Map(),
      hostIps: [],
      podIps: [],
      now: 0,
      startedAt: 0,
      end: undefined,
    };
    const [container] = podStatus(pod, runtime('a:run'), context, undefined).containerStatuses ?? [];
    const { started, ready } = container ?? {};
    assert.equal(`${started ? 'started' : 'unstarted'} ${ready ? 'ready' : 'unready'}`, shown);
  });
}

test('a pod that outlived its deadline has failed', () => {
  const late = status('Always', '', 'a', runtime('a:exit137', false), {}, true);
  assert.equal(late.phase, 'Failed');
  assert.equal(late.reason, 'DeadlineExceeded');
});

test('a condition that says the same keeps its transition time', () => {
  const pod = testPod({ containers: [{ name: 'a' }] });
  const context = {
    runtimeName: 'berth',
    probes: { result: () => undefined },
    canMountRecursivelyReadOnly: true,
    failures: new Map(),
    hostIps: [],
    podIps: [],
    startedAt: 0,
    end: undefined,
  };
  const waiting = podStatus(pod, runtime(''), { ...context, now: 1000 }, undefined);
  const running = podStatus(pod, runtime('a:run'), { ...context, now: 9000 }, waiting);
  const times = Object.fromEntries(
    (running.conditions ?? []).map((each) => [each.type, each.lastTransitionTime]),
  );
  assert.equal(times['PodScheduled'], '1970-01-01T00:00:01Z');
  assert.equal(times['Ready'], '1970-01-01T00:00:09Z');
});

test('the last end is remembered when the runtime has lost the container', () => {
  const pod = testPod({ restartPolicy: 'OnFailure', containers: [{ name: 'a' }] });
  const context = {
    runtimeName: 'berth',
    probes: { result: () => undefined },
    canMountRecursivelyReadOnly: true,
    failures: new Map(),
    hostIps: [],
    podIps: [],
    now: 0,
    startedAt: 0,
    end: undefined,
  };
  const last = (...states: string[]) => {
    let status: ReturnType<typeof podStatus> | undefined;
    for (const [index, state] of states.entries()) {
      const have = runtime(state);
      for (const container of have.containers) container.id = `a${index}`;
      status = podStatus(pod, have, context, status);
    }
    return status?.containerStatuses?.[0]?.lastState?.terminated?.exitCode;
  };
  assert.equal(last('a:exit4', 'a:run'), 4);
  assert.equal(last('a:exit4', 'a:run', 'a:exit0'), 4);
  assert.equal(last('a:exit4'), undefined);
});

test('a pod that was rejected has failed, with the reason and nothing else, as the real kubelet writes it', () => {
  const pod = testPod({ containers: [{ name: 'a', resources: { requests: { cpu: '500' } } }] });
  const message = "Node didn't have enough resource: cpu, requested: 500000, used: 100, capacity: 24000";
  assert.deepEqual(rejectedStatus(pod, { by: 'rejected', reason: 'OutOfcpu', message }, 1_759_564_771_999), {
    phase: 'Failed',
    reason: 'OutOfcpu',
    message: `Pod was rejected: ${message}`,
    startTime: '2025-10-04T07:59:31Z',
    qosClass: 'Burstable',
  });
});

test('mounts show whether mounts below them are read-only', () => {
  const volumeMounts = [
    { name: 'v', mountPath: '/a' },
    { name: 'v', mountPath: '/b', readOnly: true },
    { name: 'v', mountPath: '/c', readOnly: true, recursiveReadOnly: 'IfPossible' },
    { name: 'v', mountPath: '/d', readOnly: true, recursiveReadOnly: 'Enabled' },
  ];
  const mounting = testPod({ containers: [{ name: 'a', volumeMounts }] });
  const modes = (canMountRecursivelyReadOnly: boolean) =>
    podStatus(
      mounting,
      emptyRuntimeStatus(mounting.metadata),
      {
        runtimeName: 'berth',
        probes: { result: () => undefined },
        canMountRecursivelyReadOnly,
        failures: new Map(),
        hostIps: [],
        podIps: [],
        now: 0,
        startedAt: 0,
        end: undefined,
      },
      undefined,
    ).containerStatuses?.[0]?.volumeMounts?.map((each) => [each.readOnly, each.recursiveReadOnly]);
  assert.deepEqual(modes(true), [
    [undefined, undefined],
    [true, 'Disabled'],
    [true, 'Enabled'],
    [true, 'Enabled'],
  ]);
  assert.deepEqual(modes(false)?.slice(2), [
    [true, 'Disabled'],
    [true, 'Disabled'],
  ]);
});

test('the health of devices is that of now', () => {
  const pod = testPod({ containers: [{ name: 'a' }, { name: 'b' }] });
  const healths = [['Healthy'], ['Unhealthy'], []] as const;
  let previous: ReturnType<typeof podStatus> | undefined;
  const shown = healths.map((health) => {
    const context = {
      runtimeName: 'berth',
      probes: { result: () => undefined },
      canMountRecursivelyReadOnly: false,
      failures: new Map(),
      hostIps: [],
      podIps: [],
      now: 0,
      startedAt: 0,
      end: undefined,
      deviceHealth: ({ name }: { name: string }) =>
        name === 'a'
          ? health.map((each) => ({ name: 'r', resources: [{ resourceID: 'd', health: each }] }))
          : [],
    };
    previous = podStatus(pod, runtime('a:run b:run'), context, previous);
    return previous.containerStatuses?.map(({ allocatedResourcesStatus }) => allocatedResourcesStatus);
  });
  const allocated = (health: string) => [{ name: 'r', resources: [{ resourceID: 'd', health }] }];
  assert.deepEqual(shown, [
    [allocated('Healthy'), undefined],
    [allocated('Unhealthy'), undefined],
    [undefined, undefined],
  ]);
});
