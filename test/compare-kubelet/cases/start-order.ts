// Init containers, sidecars, and rules of restarts: what starts when, and what is started again.
import type { Settled } from '../manifest-case.ts';
import {
  ended,
  forever,
  group,
  inCrashLoop,
  inStartLoop,
  markedSleeper,
  marker,
  pod,
  restarted,
  running,
  script,
  sleeper,
  someEnded,
  waiting,
} from './pod.ts';

const always = { restartPolicy: 'Always' };
const initRunning: Settled = ({ status }) => status.initContainerStatuses?.[0]?.state?.running !== undefined;

const initContainers = group('init containers', [
  pod('two, in order', {
    marks: true,
    initContainers: [marker('one', 'mark one'), marker('two', 'mark two')],
    containers: [markedSleeper('main')],
  }),
  pod(
    'one fails, Never',
    {
      restartPolicy: 'Never',
      initContainers: [script('one', 'exit 4'), script('two', '')],
      containers: [sleeper()],
    },
    { settled: ended },
  ),
  pod(
    'one fails, Always',
    { initContainers: [script('one', 'exit 4')], containers: [sleeper()] },
    inCrashLoop,
  ),
  pod('one fails once', {
    marks: true,
    initContainers: [marker('one', '[ -e /marks/once ] && exit 0; touch /marks/once; mark failed; exit 1')],
    containers: [markedSleeper('main')],
  }),
  pod('one goes on', { initContainers: [sleeper('one')], containers: [sleeper()] }, { settled: initRunning }),
  pod(
    'one has no image',
    {
      initContainers: [sleeper('one', { image: 'localhost:1/none:1', imagePullPolicy: 'Never' })],
      containers: [sleeper()],
    },
    { settled: waiting('ErrImageNeverPull'), holdMs: 1000 },
  ),
  pod('they ask for more than the app', {
    initContainers: [script('one', '', { resources: { requests: { cpu: '30m', memory: '40Mi' } } })],
    containers: [sleeper('main', { resources: { requests: { cpu: '10m', memory: '50Mi' } } })],
  }),
]);

const sidecars = group('sidecars', [
  pod('one before the app', {
    marks: true,
    initContainers: [markedSleeper('side', always), marker('init', 'mark init')],
    containers: [markedSleeper('main')],
  }),
  pod('three, stopped in reverse', {
    marks: true,
    terminationGracePeriodSeconds: 10,
    initContainers: ['one', 'two', 'three'].map((name) => markedSleeper(name, always)),
    containers: [markedSleeper('main')],
  }),
  pod(
    'the app ends',
    {
      restartPolicy: 'Never',
      marks: true,
      initContainers: [markedSleeper('side', always)],
      containers: [marker('main', 'mark main')],
    },
    { settled: ended },
  ),
  pod(
    'the app fails',
    {
      restartPolicy: 'Never',
      marks: true,
      initContainers: [markedSleeper('side', always)],
      containers: [marker('main', 'mark main; exit 3')],
    },
    { settled: ended },
  ),
  pod(
    'a sidecar ends, and is started again',
    {
      restartPolicy: 'Never',
      initContainers: [script('side', 'sleep 1; exit 2', always)],
      containers: [sleeper()],
    },
    inCrashLoop,
  ),
  pod('a startup probe holds the next one back', {
    marks: true,
    initContainers: [
      marker('side', `mark side; (sleep 2; mark side-up; touch /tmp/up) & ${forever}`, {
        ...always,
        startupProbe: { exec: { command: ['cat', '/tmp/up'] }, periodSeconds: 1, failureThreshold: 30 },
      }),
      marker('init', 'mark init'),
    ],
    containers: [markedSleeper('main')],
  }),
  pod(
    'a readiness probe counts',
    {
      initContainers: [
        sleeper('side', { ...always, readinessProbe: { exec: { command: ['false'] }, periodSeconds: 1 } }),
      ],
      containers: [sleeper()],
    },
    { settled: running, holdMs: 3000 },
  ),
  pod(
    'one that never starts',
    { initContainers: [sleeper('side', { ...always, command: ['/none'] })], containers: [sleeper()] },
    inStartLoop,
  ),
]);

const onExit = (exitCodes: number[], action = 'Restart', operator = 'In') => ({
  action,
  exitCodes: { operator, values: exitCodes },
});

const rules = group('restart rules', [
  pod(
    'a container of Never in a pod of Always',
    { containers: [script('a', 'exit 0', { restartPolicy: 'Never' }), sleeper('b')] },
    { settled: someEnded },
  ),
  pod(
    'a container of OnFailure, fails',
    { restartPolicy: 'Never', containers: [script('a', 'exit 1', { restartPolicy: 'OnFailure' })] },
    inCrashLoop,
  ),
  pod(
    'a container of Always in a pod of Never',
    {
      restartPolicy: 'Never',
      containers: [script('a', 'exit 0', { restartPolicy: 'Always' }), script('b', 'exit 0')],
    },
    inCrashLoop,
  ),
  pod(
    'restart on 42',
    {
      restartPolicy: 'Never',
      marks: true,
      containers: [
        marker('a', '[ -e /marks/once ] && exit 1; touch /marks/once; exit 42', {
          restartPolicy: 'Never',
          restartPolicyRules: [onExit([42])],
        }),
      ],
    },
    { settled: ended },
  ),
  pod(
    'restart on what is not 1',
    {
      restartPolicy: 'Never',
      marks: true,
      containers: [
        marker('a', '[ -e /marks/once ] && exit 1; touch /marks/once; exit 5', {
          restartPolicy: 'Never',
          restartPolicyRules: [onExit([1], 'Restart', 'NotIn')],
        }),
      ],
    },
    { settled: ended },
  ),
  pod(
    'restart all containers',
    {
      restartPolicy: 'Never',
      marks: true,
      initContainers: [marker('init', 'mark init')],
      containers: [
        marker(
          'a',
          '[ -e /marks/once ] && { mark a-again; sleep 1000; }; touch /marks/once; sleep 1; exit 88',
          { restartPolicy: 'Never', restartPolicyRules: [onExit([88], 'RestartAllContainers')] },
        ),
        markedSleeper('b'),
      ],
    },
    { settled: restarted(1) },
  ),
  pod('an init container with a rule', {
    restartPolicy: 'Never',
    marks: true,
    initContainers: [
      marker('init', '[ -e /marks/once ] && exit 0; touch /marks/once; exit 42', {
        restartPolicy: 'Never',
        restartPolicyRules: [onExit([42])],
      }),
    ],
    containers: [sleeper()],
  }),
]);

export const startCases = [...initContainers, ...sidecars, ...rules];
