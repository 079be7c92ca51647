// App containers: how they run, end and fail, and what they leave to say.
import {
  either,
  ended,
  group,
  inCrashLoop,
  inStartLoop,
  markedSleeper,
  marker,
  pod,
  script,
  sleeper,
  someEnded,
  waiting,
} from './pod.ts';

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
    { settled: someEnded },
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
  pod('a crash loop', { containers: [script('a', 'echo crash; exit 9')] }, inCrashLoop),
  pod('ended well, again and again', { containers: [script('a', 'exit 0')] }, inCrashLoop),
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
    { settled: either(ended, waiting('CreateContainerError')) },
  ),
  pod(
    'a command that is not there, always',
    { containers: [sleeper('a', { command: ['/none'] })] },
    inStartLoop,
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
    { containers: [sleeper('a', { image: '::x' })] },
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
        script('a', 'echo first; sleep 1; echo second >&2; sleep 1; printf third; exit 1', {
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
    inCrashLoop,
  ),
]);

export const containerCases = [...appContainers, ...messages];
