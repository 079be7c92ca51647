import assert from 'node:assert/strict';
import { test } from 'node:test';
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import { describePod } from './pod.ts';

const now = new Date('2026-11-30T04:10:00Z');
const pod: v1.Pod = {
  metadata: { name: 'web-n', namespace: 'shop', labels: { app: 'web' }, annotations: { note: 'x' } },
  spec: {
    nodeName: 'n',
    restartPolicy: 'Always',
    initContainers: [{ name: 'setup', image: 'busybox', restartPolicy: 'Always' }],
    containers: [
      {
        name: 'app',
        image: 'nginx',
        ports: [
          { containerPort: 80, name: 'http', hostPort: 8080 },
          { containerPort: 53, protocol: 'UDP' },
        ],
        command: ['sh', '-c', 'one\ntwo\n'],
        resources: { limits: { memory: '1Gi', cpu: '1' }, requests: { cpu: '500m' } },
        livenessProbe: { httpGet: { port: 80, path: '/live' }, periodSeconds: 5 },
        readinessProbe: { exec: { command: ['cat', '/ready'] } },
        startupProbe: { tcpSocket: { port: 'http' } },
        envFrom: [
          { configMapRef: { name: 'c', optional: true }, prefix: 'C_' },
          { secretRef: { name: 's' } },
        ],
        env: [
          { name: 'A', value: 'b' },
          { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
          { name: 'P', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } },
          { name: 'Q', valueFrom: { configMapKeyRef: { name: 'c', key: 'k' } } },
          { name: 'CPU', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } },
        ],
        volumeMounts: [{ name: 'v', mountPath: '/v', readOnly: true, subPath: 'sub' }],
      },
    ],
    volumes: [{ name: 'v', configMap: { name: 'c', items: [{ key: 'k', path: 'p' }] } }],
  },
  status: {
    phase: 'Running',
    hostIP: '10.0.0.1',
    podIPs: [{ ip: '10.1.0.2' }, { ip: 'fd00::2' }],
    qosClass: 'Burstable',
    startTime: '2026-11-30T04:00:00Z',
    conditions: [
      {
        type: 'Ready',
        status: 'False',
        reason: 'ContainersNotReady',
        message: 'containers with unready status: [app]',
      },
      { type: 'Initialized', status: 'True' },
    ],
    initContainerStatuses: [
      {
        name: 'setup',
        image: '',
        imageID: 'sha256:1',
        containerID: 'berth://1',
        ready: true,
        restartCount: 0,
        state: { running: { startedAt: '2026-11-30T04:00:01Z' } },
      },
    ],
    containerStatuses: [
      {
        name: 'app',
        image: '',
        imageID: 'sha256:2',
        containerID: 'berth://2',
        ready: false,
        restartCount: 2,
        state: {
          waiting: { reason: 'CrashLoopBackOff', message: 'back-off 20s restarting failed container\n' },
        },
        lastState: {
          terminated: {
            reason: 'OOMKilled',
            exitCode: 137,
            signal: 9,
            startedAt: '2026-11-30T04:01:00Z',
            finishedAt: '2026-11-30T04:02:00Z',
          },
        },
      },
    ],
  },
};

const event = (reason: string, lastTimestamp: string, more: Partial<v1.Event> = {}): v1.Event => ({
  metadata: {},
  involvedObject: { fieldPath: 'spec.containers{app}' },
  type: 'Normal',
  reason,
  message: `${reason} it`,
  source: { component: 'kubelet' },
  count: 1,
  firstTimestamp: lastTimestamp,
  lastTimestamp,
  ...more,
});

test('a pod with all that there may be of it', () => {
  const events = [
    event('Started', '2026-11-30T04:09:50Z', { count: 3, firstTimestamp: '2026-11-30T04:00:00Z' }),
    event('Pulled', '2026-11-30T04:08:00Z'),
    event('FailedMount', '2026-11-30T04:09:50Z', {
      type: 'Warning',
      involvedObject: {},
      message: 'no volume\nand why ',
    }),
  ];
  assert.equal(
    describePod(pod, events, now),
    `Name:              web-n
Name in Manifest:  web
Namespace:         shop
Node:              n/10.0.0.1
Start Time:        Mon, 30 Nov 2026 04:00:00 +0000
Labels:
  app: web
Annotations:
  note: x
Status:            CrashLoopBackOff
IPs:               10.1.0.2, fd00::2
Init Containers:
  setup:
    Container ID:    berth://1
    Image:           busybox
    Image ID:        sha256:1
    State:           Running
      Started:       Mon, 30 Nov 2026 04:00:01 +0000
    Ready:           True
    Restart Count:   0
    Restart Policy:  Always
Containers:
  app:
    Container ID:   berth://2
    Image:          nginx
    Image ID:       sha256:2
    Ports:          80/TCP (http) on host port 8080, 53/UDP
    Command:
      sh
      -c
      one
      two
    State:          Waiting
      Reason:       CrashLoopBackOff
      Message:      back-off 20s restarting failed container
    Last State:     Terminated
      Reason:       OOMKilled
      Exit Code:    137
      Signal:       9
      Started:      Mon, 30 Nov 2026 04:01:00 +0000
      Finished:     Mon, 30 Nov 2026 04:02:00 +0000
    Ready:          False
    Restart Count:  2
    Limits:
      cpu:     1
      memory:  1Gi
    Requests:
      cpu:  500m
    Liveness:       http-get http://:80/live delay=0s timeout=1s period=5s successThreshold=1 failureThreshold=3
    Readiness:      exec [cat /ready] delay=0s timeout=1s period=10s successThreshold=1 failureThreshold=3
    Startup:        tcp-socket :http delay=0s timeout=1s period=10s successThreshold=1 failureThreshold=3
    Environment Variables from:
      ConfigMap c with prefix 'C_' (optional)
      Secret s
    Environment:
      A: b
      IP: (v1:status.podIP)
      P: <set to the key 'k' in secret 's'>
      Q: <set to the key 'k' of config map 'c'>
      CPU: (limits.cpu)
    Mounts:
      /v from v (ro,path="sub")
Conditions:
  Ready:        False   ContainersNotReady: containers with unready status: [app]
  Initialized:  True
Volumes:
  v:
    Type:   configMap
    name:   c
    items:  [{"key":"k","path":"p"}]
QoS Class:         Burstable
Restart Policy:    Always
Node-Selectors:    <none>
Events:
  Type     Reason       Age                From     Message
  ----     ------       ---                ----     -------
  Normal   Pulled       2m                 kubelet  spec.containers{app}: Pulled it
  Normal   Started      10s (x3 over 10m)  kubelet  spec.containers{app}: Started it
  Warning  FailedMount  10s                kubelet  no volume and why
`,
  );
});

test('a pod without status and events', () => {
  const text = describePod({ metadata: { name: 'p', namespace: 'd' }, spec: { containers: [] } }, [], now);
  assert.match(text, /^Name: +p\nNamespace: +d\nNode: +<none>\n/);
  assert.match(text, /\nEvents: +<none>\n$/);
  assert.match(describePod({}, undefined, now), /\nEvents: +<unknown>\n$/);
});
