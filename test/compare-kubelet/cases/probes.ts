// Probes: each kind by each handler, their thresholds, and what comes of them.
import { ended, forever, group, marker, pod, restarted, running, script, sleeper } from './pod.ts';

const every = { periodSeconds: 1, timeoutSeconds: 10 };
const http = 'busybox httpd -p 8080 -h /etc';
const server = (more: object) =>
  script('a', `${http}; ${forever}`, { ports: [{ name: 'web', containerPort: 8080 }], ...more });
const get = (more: object = {}) => ({ httpGet: { path: '/passwd', port: 8080, ...more }, ...every });

export const probeCases = group('probes', [
  pod('readiness by HTTP', { containers: [server({ readinessProbe: get() })] }),
  pod('readiness by HTTP, a named port', { containers: [server({ readinessProbe: get({ port: 'web' }) })] }),
  pod(
    'readiness by HTTP, not found',
    { containers: [server({ readinessProbe: get({ path: '/none' }) })] },
    { settled: running, holdMs: 3000 },
  ),
  pod(
    'readiness by HTTP, refused',
    { containers: [sleeper('a', { readinessProbe: get({ port: 81 }) })] },
    { settled: running, holdMs: 3000 },
  ),
  pod('readiness by TCP', {
    containers: [server({ readinessProbe: { tcpSocket: { port: 8080 }, ...every } })],
  }),
  pod(
    'readiness by TCP, refused',
    { containers: [server({ readinessProbe: { tcpSocket: { port: 82 }, ...every } })] },
    { settled: running, holdMs: 3000 },
  ),
  pod('readiness by exec', {
    containers: [
      script('a', `(sleep 2; touch /tmp/ready) & ${forever}`, {
        readinessProbe: { exec: { command: ['cat', '/tmp/ready'] }, ...every },
      }),
    ],
  }),
  pod(
    'readiness by exec, fails',
    {
      containers: [
        sleeper('a', { readinessProbe: { exec: { command: ['sh', '-c', 'echo why; exit 2'] }, ...every } }),
      ],
    },
    { settled: running, holdMs: 3000 },
  ),
  pod(
    'readiness by gRPC, refused',
    { containers: [sleeper('a', { readinessProbe: { grpc: { port: 9000 }, ...every } })] },
    { settled: running, holdMs: 3000 },
  ),
  pod('readiness after a delay', {
    marks: true,
    containers: [
      marker('a', forever, {
        readinessProbe: {
          exec: { command: ['/bin/sh', '-c', 'echo probe >>/marks/probes'] },
          initialDelaySeconds: 3,
          ...every,
        },
      }),
    ],
  }),
  pod('readiness that wants three in a row', {
    containers: [
      sleeper('a', { readinessProbe: { exec: { command: ['true'] }, successThreshold: 3, ...every } }),
    ],
  }),
  pod(
    'liveness fails, and it is started again',
    {
      marks: true,
      containers: [
        marker('a', 'mark start; trap "mark stop; exit 0" TERM; while true; do sleep 1000 & wait $!; done', {
          livenessProbe: {
            exec: {
              command: [
                'sh',
                '-c',
                'read up _ </proc/uptime; [ -e /marks/dead ] || { touch /marks/dead; exit 1; }',
              ],
            },
            failureThreshold: 1,
            initialDelaySeconds: 1,
            ...every,
          },
        }),
      ],
    },
    { settled: restarted(1), fleeting: true },
  ),
  pod(
    'liveness by HTTP fails three times',
    {
      marks: true,
      containers: [marker('a', `mark start; ${forever}`, { livenessProbe: get({ port: 83 }) })],
    },
    { settled: restarted(1), fleeting: true },
  ),
  pod(
    'liveness fails, Never',
    {
      restartPolicy: 'Never',
      containers: [
        sleeper('a', { livenessProbe: { exec: { command: ['false'] }, failureThreshold: 1, ...every } }),
      ],
    },
    { settled: ended },
  ),
  pod(
    'liveness with a grace period of its own',
    {
      terminationGracePeriodSeconds: 12,
      marks: true,
      containers: [
        marker('a', 'trap "mark term" TERM; mark start; while true; do sleep 1; done', {
          livenessProbe: {
            exec: { command: ['sh', '-c', '[ -e /marks/dead ] || { touch /marks/dead; exit 1; }'] },
            failureThreshold: 1,
            terminationGracePeriodSeconds: 1,
            ...every,
          },
        }),
      ],
    },
    { settled: restarted(1), fleeting: true },
  ),
  pod('startup holds the others back', {
    containers: [
      script('a', `(sleep 2; touch /tmp/up) & ${forever}`, {
        startupProbe: { exec: { command: ['cat', '/tmp/up'] }, failureThreshold: 10, ...every },
        livenessProbe: { exec: { command: ['cat', '/tmp/up'] }, failureThreshold: 1, ...every },
        readinessProbe: { exec: { command: ['true'] }, ...every },
      }),
    ],
  }),
  pod(
    'startup goes on',
    {
      containers: [
        sleeper('a', { startupProbe: { exec: { command: ['false'] }, failureThreshold: 100, ...every } }),
      ],
    },
    { settled: running, holdMs: 3000 },
  ),
  pod(
    'startup fails',
    {
      restartPolicy: 'Never',
      containers: [
        sleeper('a', { startupProbe: { exec: { command: ['false'] }, failureThreshold: 2, ...every } }),
      ],
    },
    { settled: ended },
  ),
  pod(
    'exec that takes too long',
    {
      containers: [
        sleeper('a', { readinessProbe: { exec: { command: ['sleep', '5'] }, ...every, timeoutSeconds: 1 } }),
      ],
    },
    { settled: running, holdMs: 3000 },
  ),
  pod(
    'HTTP with headers and a host',
    {
      containers: [
        server({ readinessProbe: get({ host: '127.0.0.1', httpHeaders: [{ name: 'X-A', value: 'b' }] }) }),
      ],
    },
    { settled: running, holdMs: 3000 },
  ),
  pod(
    'readiness gates',
    { readinessGates: [{ conditionType: 'example.com/gate' }] },
    { settled: running, holdMs: 1500 },
  ),
]);
