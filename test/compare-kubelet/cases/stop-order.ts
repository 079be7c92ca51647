// Hooks, and how containers are stopped.
import {
  ended,
  forever,
  group,
  inCrashLoop,
  markCommand,
  markedSleeper,
  marker,
  pod,
  script,
  sleeper,
} from './pod.ts';

const always = { restartPolicy: 'Always' };

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
    inCrashLoop,
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
      terminationGracePeriodSeconds: 1,
      // The hook may fail before a shell has set its trap: this one has none.
      containers: [
        script('a', 'sleep 1000', { lifecycle: { postStart: { httpGet: { port: 81, path: '/x' } } } }),
      ],
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
      marker('a', 'trap "mark term" TERM; mark start; while true; do sleep 1000 & wait $!; done', {
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
    containers: [marker('a', 'trap "mark term" TERM; mark start; while true; do sleep 1000 & wait $!; done')],
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
    containers: [marker('a', 'trap "mark term" TERM; mark start; while true; do sleep 1000 & wait $!; done')],
  }),
  pod('a grace period of 1', {
    marks: true,
    terminationGracePeriodSeconds: 1,
    containers: [
      marker(
        'a',
        'trap "mark term; sleep 3; mark late" TERM; mark start; while true; do sleep 1000 & wait $!; done',
      ),
    ],
  }),
]);

export const stopCases = [...hooks, ...stops];
