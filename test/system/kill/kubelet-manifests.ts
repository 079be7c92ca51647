// The manifests of the pods that live while the kubelet is killed.
import { testImage } from '@berth/test-support/pods.ts';

type Manifest = Record<string, unknown>;

const sh = (script: string): string[] => ['/bin/sh', '-c', script];
/** Goes on until it is told to end, and then ends at once. */
const waitForTerm = 'trap "exit 0" TERM; while true; do sleep 1 & wait $!; done';

/** Has each start of a container leave a line in its volume. */
const noteStart = 'echo started >> /data/starts';

const container = (name: string, script: string, more: object = {}): Manifest => ({
  name,
  image: testImage,
  imagePullPolicy: 'IfNotPresent',
  command: sh(script),
  ...more,
});

function pod(name: string, spec: object): Manifest {
  const metadata = { name, uid: `uid-${name}`, labels: { app: name } };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata,
    spec: { terminationGracePeriodSeconds: 10, ...spec },
  };
}

function object(kind: 'ConfigMap' | 'Secret', name: string, values: Record<string, string>): Manifest {
  const field = kind === 'Secret' ? 'stringData' : 'data';
  return { apiVersion: 'v1', kind, metadata: { name }, [field]: values };
}

const exec = (script: string): object => ({ exec: { command: sh(script) } });
const http = { httpGet: { path: '/etc/passwd', port: 8080 } };
/** Patient with a machine that is busy: no probe of a container that works may fail. */
const often = { periodSeconds: 1, timeoutSeconds: 10 };
const quick = { ...often, failureThreshold: 2 };

/**
 * Must never restart or become unready: a sidecar and a container with all three probes, and volumes of each kind.
 */
export const steadyManifest: readonly Manifest[] = [
  object('ConfigMap', 'steady', { greeting: 'hello' }),
  pod('steady', {
    initContainers: [
      container('first', 'echo made > /shared/made', {
        volumeMounts: [{ name: 'shared', mountPath: '/shared' }],
      }),
      container('sidecar', waitForTerm, {
        restartPolicy: 'Always',
        startupProbe: { ...exec('true'), ...often },
        livenessProbe: { ...exec('true'), ...quick },
      }),
    ],
    containers: [
      container(
        'main',
        'httpd -p 8080 -h /shared; i=0; while true; do echo tick $i; i=$((i+1)); usleep 200000; done',
        {
          startupProbe: { ...exec('test -e /shared/made'), ...often },
          readinessProbe: { ...exec('test "$(cat /config/greeting)" = hello'), ...quick },
          livenessProbe: { httpGet: { path: '/made', port: 8080 }, ...quick },
          volumeMounts: [
            { name: 'shared', mountPath: '/shared' },
            { name: 'config', mountPath: '/config' },
          ],
        },
      ),
    ],
    volumes: [
      { name: 'shared', emptyDir: {} },
      { name: 'config', configMap: { name: 'steady' } },
    ],
  }),
];

/** Starts with an init container and a sidecar, and ends with the hooks of all of them. */
export const hooksManifest: readonly Manifest[] = [
  pod('hooks', {
    initContainers: [
      container('init', 'sleep 0.1'),
      container('sidecar', waitForTerm, {
        restartPolicy: 'Always',
        startupProbe: { ...exec('true'), ...often },
        lifecycle: { preStop: exec('sleep 0.2') },
      }),
    ],
    containers: [
      container('main', `httpd -p 8080 -h /; ${waitForTerm}`, {
        lifecycle: { postStart: exec('sleep 0.2'), preStop: exec('sleep 0.3') },
        readinessProbe: { ...http, ...often },
      }),
      container('other', waitForTerm, { lifecycle: { preStop: { sleep: { seconds: 1 } } } }),
    ],
  }),
];

/** Volumes of all kinds, whose content is `value`; the pod is ready once it shows the value. */
export function volumesManifest(value: string): readonly Manifest[] {
  return [
    object('ConfigMap', 'volumes', { value }),
    object('Secret', 'volumes', { value }),
    pod('volumes', {
      securityContext: { fsGroup: 1234 },
      containers: [
        container('main', waitForTerm, {
          env: [{ name: 'FROM_MAP', valueFrom: { configMapKeyRef: { name: 'volumes', key: 'value' } } }],
          readinessProbe: {
            ...exec(`test "$(cat /projected/map)$(cat /projected/secret)" = ${value}${value}`),
            periodSeconds: 1,
          },
          volumeMounts: [
            { name: 'projected', mountPath: '/projected' },
            { name: 'memory', mountPath: '/memory' },
            { name: 'memory', mountPath: '/part', subPath: 'a/b' },
            { name: 'secret', mountPath: '/secret' },
            { name: 'labels', mountPath: '/labels' },
          ],
        }),
      ],
      volumes: [
        {
          name: 'projected',
          projected: {
            sources: [
              { configMap: { name: 'volumes', items: [{ key: 'value', path: 'map' }] } },
              { secret: { name: 'volumes', items: [{ key: 'value', path: 'secret' }] } },
            ],
          },
        },
        { name: 'memory', emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } },
        { name: 'secret', secret: { secretName: 'volumes' } },
        {
          name: 'labels',
          downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] },
        },
      ],
    }),
  ];
}

/** Fails once in each of its containers, and succeeds then. */
export const failingManifest: readonly Manifest[] = [
  pod('failing', {
    restartPolicy: 'OnFailure',
    containers: [
      container('main', 'if [ -e /state/main ]; then exit 0; fi; touch /state/main; exit 3', {
        volumeMounts: [{ name: 'state', mountPath: '/state' }],
      }),
      container('unhealthy', `test -e /state/killed && exit 0; touch /state/killed; ${waitForTerm}`, {
        livenessProbe: {
          ...exec('false'),
          periodSeconds: 1,
          failureThreshold: 1,
          terminationGracePeriodSeconds: 1,
        },
        volumeMounts: [{ name: 'state', mountPath: '/state' }],
      }),
    ],
    volumes: [{ name: 'state', emptyDir: {} }],
  }),
];

/** A pod that is healthy as long as it runs. */
export function urlManifest(name: string): readonly Manifest[] {
  return [
    pod(name, {
      containers: [
        container('main', waitForTerm, {
          readinessProbe: { ...exec('true'), ...quick },
          volumeMounts: [{ name: 'data', mountPath: '/data' }],
        }),
      ],
      volumes: [{ name: 'data', emptyDir: {} }],
    }),
  ];
}

/**
 * A pod with users of its own, whose container fails once and then finds the files of its first run; it is ready when
 * these belong to its own root.
 */
export function usersManifest(name: string): readonly Manifest[] {
  const restarts = `${noteStart}; test -e /data/file || { touch /data/file; exit 3; }`;
  return [
    pod(name, {
      hostUsers: false,
      securityContext: { fsGroup: 1234 },
      containers: [
        container('main', `${restarts}; ${waitForTerm}`, {
          readinessProbe: { ...exec('test "$(stat -c %u:%g /data/file)" = 0:1234'), ...quick },
          volumeMounts: [{ name: 'data', mountPath: '/data' }],
        }),
      ],
      volumes: [{ name: 'data', emptyDir: {} }],
    }),
  ];
}

/** Limits of the CPU of both containers, and of the memory of the one that restarts for it and of the other one. */
export interface Size {
  cpu: string;
  memory: string;
  restarting: string;
}

/** A pod whose resources change while it runs: the same UID, and another size. */
export function resizedManifest({ cpu, memory, restarting }: Size): readonly Manifest[] {
  const sized = (limit: string) => ({
    resources: { requests: { cpu: '10m', memory: '8Mi' }, limits: { cpu, memory: limit } },
    readinessProbe: { ...exec('true'), ...often },
  });
  return [
    pod('resized', {
      containers: [
        container('main', waitForTerm, sized(memory)),
        container('restarting', `${noteStart}; ${waitForTerm}`, {
          ...sized(restarting),
          resizePolicy: [{ resourceName: 'memory', restartPolicy: 'RestartContainer' }],
          volumeMounts: [{ name: 'data', mountPath: '/data' }],
        }),
      ],
      volumes: [{ name: 'data', emptyDir: {} }],
    }),
  ];
}
