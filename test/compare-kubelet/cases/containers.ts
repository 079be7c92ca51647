// Containers of a pod: app, init and sidecar containers, restarts, hooks, stops.
import {
  ended,
  forever,
  group,
  listed,
  markCommand,
  markedSleeper,
  marker,
  pod,
  restarted,
  running,
  script,
  sleeper,
  waiting,
} from './pod.ts';

const always = { restartPolicy: 'Always' };

const appContainers = group('containers', [
  pod('one that goes on'),
  pod('three that go on', { containers: [sleeper('a'), sleeper('b'), sleeper('c')] }),
  pod(
    'all end well',
    { restartPolicy: 'Never', containers: [script('a', 'echo a'), script('b', 'echo b')] },
    { settled: ended },
  ),
  pod(
    'one of two fails',
    { restartPolicy: 'Never', containers: [script('a', 'exit 0'), script('b', 'echo no >&2; exit 7')] },
    { settled: ended },
  ),
  pod(
    'one ends, one goes on',
    { restartPolicy: 'Never', containers: [script('a', 'exit 3'), sleeper('b')] },
    { settled: running3 },
  ),
  pod(
    'OnFailure, ends well',
    { restartPolicy: 'OnFailure', containers: [script('a', 'exit 0')] },
    { settled: ended },
  ),
  pod(
    'OnFailure, fails once',
    {
      restartPolicy: 'OnFailure',
      marks: true,
      containers: [marker('a', '[ -e /marks/once ] && exit 0; touch /marks/once; mark failed; exit 1')],
    },
    { settled: ended },
  ),
  pod(
    'a crash loop',
    { containers: [script('a', 'echo crash; exit 9')] },
    { settled: waiting('CrashLoopBackOff', 2) },
  ),
  pod(
    'ended well, again and again',
    { containers: [script('a', 'exit 0')] },
    { settled: waiting('CrashLoopBackOff', 1) },
  ),
  pod(
    'killed by a signal',
    { restartPolicy: 'Never', containers: [script('a', 'kill -USR1 $$; sleep 1')] },
    { settled: ended },
  ),
  pod(
    'killed for its memory',
    {
      restartPolicy: 'Never',
      containers: [script('a', 'tail /dev/zero', { resources: { limits: { memory: '16Mi' } } })],
    },
    { settled: ended },
  ),
  pod(
    'a command that is not there',
    { restartPolicy: 'Never', containers: [sleeper('a', { command: ['/none'] })] },
    { settled: ended },
  ),
  pod(
    'a command that is not there, always',
    { containers: [sleeper('a', { command: ['/none'] })] },
    { settled: waiting('CrashLoopBackOff', 1) },
  ),
  pod(
    'an image that is not there',
    { containers: [sleeper('a', { image: 'localhost:1/none:1', imagePullPolicy: 'Never' })] },
    { settled: waiting('ErrImageNeverPull'), holdMs: 1000 },
  ),
  pod(
    'an image that cannot be pulled',
    { containers: [sleeper('a', { image: 'localhost:1/none:1' })] },
    { settled: waiting('ImagePullBackOff') },
  ),
  pod(
    'an image name of no form',
    { containers: [sleeper('a', { image: 'UPPER/case' })] },
    { settled: waiting('InvalidImageName') },
  ),
  pod('args and working directory', {
    containers: [
      script('a', '', {
        command: ['/bin/sh', '-c', 'pwd; echo "$0" "$@"; sleep 1000', 'zero'],
        args: ['one', 'two words'],
        workingDir: '/tmp',
      }),
    ],
  }),
  pod('stdin and a terminal', {
    containers: [sleeper('a', { tty: true, stdin: true }), sleeper('b', { stdin: true, stdinOnce: true })],
  }),
  pod(
    'an end of its time',
    { activeDeadlineSeconds: 3, containers: [sleeper('a'), sleeper('b')] },
    { settled: ended },
  ),
  pod(
    'another manifest instead',
    { marks: true, containers: [markedSleeper('a')] },
    { edit: { spec: { marks: true, containers: [markedSleeper('b')] } } },
  ),
  pod(
    'other labels instead',
    { metadata: { labels: { version: '1' } } },
    { edit: { spec: { metadata: { labels: { version: '2' } } } } },
  ),
]);

/** One has ended, another one runs. */
function running3({ status }: Parameters<typeof running>[0]): boolean {
  const states = (status.containerStatuses ?? []).map(({ state }) => state);
  return states.some((state) => state?.terminated) && states.some((state) => state?.running);
}

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
    { settled: waiting('CrashLoopBackOff', 1) },
  ),
  pod('one fails once', {
    marks: true,
    initContainers: [marker('one', '[ -e /marks/once ] && exit 0; touch /marks/once; mark failed; exit 1')],
    containers: [markedSleeper('main')],
  }),
  pod(
    'one goes on',
    { initContainers: [sleeper('one')], containers: [sleeper()] },
    { settled: listed, holdMs: 4000 },
  ),
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
    { settled: waiting('CrashLoopBackOff', 1) },
  ),
  pod('a startup probe holds the next one back', {
    marks: true,
    initContainers: [
      marker('side', `mark side; (sleep 2; mark side-up; touch /tmp/up) & ${forever}`, {
        ...always,
        startupProbe: { exec: { command: ['cat', '/tmp/up'] }, periodSeconds: 1 },
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
    { settled: waiting('CrashLoopBackOff', 1) },
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
    { settled: running3 },
  ),
  pod(
    'a container of OnFailure, fails',
    { restartPolicy: 'Never', containers: [script('a', 'exit 1', { restartPolicy: 'OnFailure' })] },
    { settled: waiting('CrashLoopBackOff', 1) },
  ),
  pod(
    'a container of Always in a pod of Never',
    {
      restartPolicy: 'Never',
      containers: [script('a', 'exit 0', { restartPolicy: 'Always' }), script('b', 'exit 0')],
    },
    { settled: waiting('CrashLoopBackOff', 1) },
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

const sleepHook = (seconds: number) => ({ sleep: { seconds } });

const hooks = group('hooks', [
  pod('postStart', {
    marks: true,
    containers: [
      marker('a', `mark start; ${forever}`, {
        lifecycle: { postStart: { exec: { command: markCommand('post-start') } } },
      }),
    ],
  }),
  pod('postStart holds the next one back', {
    marks: true,
    containers: [
      marker('a', forever, {
        lifecycle: {
          postStart: { exec: { command: ['/bin/sh', '-c', `sleep 2; ${markCommand('post-start')[2]}`] } },
        },
      }),
      markedSleeper('b'),
    ],
  }),
  pod(
    'postStart fails',
    { containers: [sleeper('a', { lifecycle: { postStart: { exec: { command: ['false'] } } } })] },
    { settled: waiting('CrashLoopBackOff') },
  ),
  pod(
    'postStart fails, Never',
    {
      restartPolicy: 'Never',
      containers: [
        sleeper('a', { lifecycle: { postStart: { exec: { command: ['sh', '-c', 'echo why; exit 3'] } } } }),
      ],
    },
    { settled: ended },
  ),
  pod(
    'postStart by HTTP, refused',
    {
      restartPolicy: 'Never',
      containers: [sleeper('a', { lifecycle: { postStart: { httpGet: { port: 81, path: '/x' } } } })],
    },
    { settled: ended },
  ),
  pod('postStart that sleeps', {
    marks: true,
    containers: [
      marker('a', `mark start; ${forever}`, { lifecycle: { postStart: sleepHook(2) } }),
      markedSleeper('b'),
    ],
  }),
  pod('preStop before SIGTERM', {
    marks: true,
    terminationGracePeriodSeconds: 10,
    containers: [
      markedSleeper('a', { lifecycle: { preStop: { exec: { command: markCommand('pre-stop') } } } }),
    ],
  }),
  pod('preStop that sleeps', {
    marks: true,
    terminationGracePeriodSeconds: 10,
    containers: [markedSleeper('a', { lifecycle: { preStop: sleepHook(2) } }), markedSleeper('b')],
  }),
  pod('preStop longer than the grace period', {
    marks: true,
    terminationGracePeriodSeconds: 2,
    containers: [
      marker('a', 'trap "mark term" TERM; mark start; while true; do sleep 1; done', {
        lifecycle: {
          preStop: { exec: { command: ['/bin/sh', '-c', `${markCommand('pre-stop')[2]}; sleep 30`] } },
        },
      }),
    ],
  }),
  pod('preStop fails', {
    marks: true,
    containers: [markedSleeper('a', { lifecycle: { preStop: { exec: { command: ['/none'] } } } })],
  }),
  pod('preStop of a sidecar', {
    marks: true,
    terminationGracePeriodSeconds: 10,
    initContainers: [
      markedSleeper('side', {
        ...always,
        lifecycle: { preStop: { exec: { command: markCommand('side-pre-stop') } } },
      }),
    ],
    containers: [markedSleeper('main')],
  }),
]);

const stops = group('stops', [
  pod('SIGTERM', { marks: true, containers: [markedSleeper('a')] }),
  pod('SIGTERM is ignored', {
    marks: true,
    terminationGracePeriodSeconds: 2,
    containers: [marker('a', 'trap "mark term" TERM; mark start; while true; do sleep 1; done')],
  }),
  pod('another signal', {
    marks: true,
    os: { name: 'linux' },
    containers: [
      marker(
        'a',
        'trap "mark usr1; exit 0" USR1; trap "mark term" TERM; mark start; while true; do sleep 1000 & wait $!; done',
        { lifecycle: { stopSignal: 'SIGUSR1' } },
      ),
    ],
  }),
  pod('a grace period of 0', {
    marks: true,
    terminationGracePeriodSeconds: 0,
    containers: [marker('a', 'trap "mark term" TERM; mark start; while true; do sleep 1; done')],
  }),
  pod('a grace period of 1', {
    marks: true,
    terminationGracePeriodSeconds: 1,
    containers: [
      marker('a', 'trap "mark term; sleep 3; mark late" TERM; mark start; while true; do sleep 1; done'),
    ],
  }),
]);

const messages = group('termination messages', [
  pod(
    'a file',
    { restartPolicy: 'Never', containers: [script('a', 'echo why >/dev/termination-log; exit 1')] },
    { settled: ended },
  ),
  pod(
    'another path',
    {
      restartPolicy: 'Never',
      containers: [script('a', 'printf "no end" >/tmp/why; exit 0', { terminationMessagePath: '/tmp/why' })],
    },
    { settled: ended },
  ),
  pod(
    'longer than 4096 bytes',
    { restartPolicy: 'Never', containers: [script('a', 'seq 1 2000 >/dev/termination-log')] },
    { settled: ended },
  ),
  pod(
    'three containers share 12 KiB',
    {
      restartPolicy: 'Never',
      containers: ['a', 'b', 'c', 'd'].map((name) => script(name, 'seq 1 2000 >/dev/termination-log')),
    },
    { settled: ended },
  ),
  pod(
    'the log of one that failed',
    {
      restartPolicy: 'Never',
      containers: [
        script('a', 'echo first; echo second >&2; printf third; exit 1', {
          terminationMessagePolicy: 'FallbackToLogsOnError',
        }),
      ],
    },
    { settled: ended },
  ),
  pod(
    'the end of a long log',
    {
      restartPolicy: 'Never',
      containers: [script('a', 'seq 1 3000; exit 1', { terminationMessagePolicy: 'FallbackToLogsOnError' })],
    },
    { settled: ended },
  ),
  pod(
    'the log of one that ended well',
    {
      restartPolicy: 'Never',
      containers: [script('a', 'echo first', { terminationMessagePolicy: 'FallbackToLogsOnError' })],
    },
    { settled: ended },
  ),
  pod(
    'a file before the log',
    {
      restartPolicy: 'Never',
      containers: [
        script('a', 'echo log; echo file >/dev/termination-log; exit 1', {
          terminationMessagePolicy: 'FallbackToLogsOnError',
        }),
      ],
    },
    { settled: ended },
  ),
  pod(
    'bytes that are no text',
    { restartPolicy: 'Never', containers: [script('a', "printf 'a\\377b\\000c' >/dev/termination-log")] },
    { settled: ended },
  ),
  pod(
    'of the run before',
    { containers: [script('a', 'echo why >/dev/termination-log; exit 1')] },
    { settled: waiting('CrashLoopBackOff', 1) },
  ),
]);

export const containerCases = [
  ...appContainers,
  ...initContainers,
  ...sidecars,
  ...rules,
  ...hooks,
  ...stops,
  ...messages,
];
