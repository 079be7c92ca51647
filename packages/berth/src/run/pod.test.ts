import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nameOfImage, podToRun, type RunOptions } from './pod.ts';

const context = { env: { HOME: '/root', PRICE: '$(USD)' }, absolute: (path: string) => `/cwd/${path}` };
const run = (options: RunOptions, words: string[] = []) => podToRun('nginx:1', words, options, context);

test('an image alone', () => {
  assert.deepEqual(run({}), {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'nginx', labels: { run: 'nginx' } },
    spec: { restartPolicy: 'Always', containers: [{ name: 'nginx', image: 'nginx:1' }] },
  });
});

test('each flag', () => {
  const { metadata, spec } = run(
    {
      name: 'web',
      env: ['A=1=2', 'B=', 'HOME', 'ABSENT', 'PRICE', 'C=$(A) $A'],
      port: ['8080:80', '127.0.0.1:53:53/udp', '[::1]:1:2', '9000'],
      volume: ['data:/data', 'etc:/etc/app:ro'],
      label: ['app=web', 'empty='],
      pull: 'missing',
      memory: '512m',
      cpu: '500m',
      workdir: '/srv',
    },
    ['-g', 'daemon off;'],
  );
  assert.deepEqual(metadata, { name: 'web', labels: { run: 'web', app: 'web', empty: '' } });
  assert.deepEqual(spec?.containers, [
    {
      name: 'web',
      image: 'nginx:1',
      imagePullPolicy: 'IfNotPresent',
      args: ['-g', 'daemon off;'],
      workingDir: '/srv',
      env: [
        { name: 'A', value: '1=2' },
        { name: 'B', value: '' },
        { name: 'HOME', value: '/root' },
        { name: 'PRICE', value: '$$(USD)' },
        { name: 'C', value: '$$(A) $A' },
      ],
      ports: [
        { containerPort: 80, hostPort: 8080 },
        { containerPort: 53, hostPort: 53, hostIP: '127.0.0.1', protocol: 'UDP' },
        { containerPort: 2, hostPort: 1, hostIP: '::1' },
        { containerPort: 9000 },
      ],
      volumeMounts: [
        { name: 'volume-0', mountPath: '/data' },
        { name: 'volume-1', mountPath: '/etc/app', readOnly: true },
      ],
      resources: { limits: { memory: '512Mi', cpu: '500m' } },
    },
  ]);
  assert.deepEqual(spec?.volumes, [
    { name: 'volume-0', hostPath: { path: '/cwd/data' } },
    { name: 'volume-1', hostPath: { path: '/cwd/etc' } },
  ]);
});

test('how it ends follows from who is connected', () => {
  const policy = (options: RunOptions) => run(options).spec?.restartPolicy;
  assert.deepEqual(
    [
      {},
      { stdin: true },
      { attach: true },
      { rm: true },
      { restart: 'no' },
      { restart: 'OnFailure', rm: true },
    ].map(policy),
    ['Always', 'Never', 'Never', 'Never', 'Never', 'OnFailure'],
  );
  const [container] = run({ tty: true, rm: true, command: true }, ['sh']).spec?.containers ?? [];
  assert.deepEqual(container, {
    name: 'nginx',
    image: 'nginx:1',
    command: ['sh'],
    stdin: true,
    stdinOnce: true,
    tty: true,
  });
});

test('memory in units of podman and of Kubernetes', () => {
  const memory = (text: string) => run({ memory: text }).spec?.containers[0]?.resources?.limits?.['memory'];
  assert.deepEqual(['64m', '1.5g', '10b', '2kb', '64Mi', '100M', '1e6'].map(memory), [
    '64Mi',
    '1.5Gi',
    '10',
    '2Ki',
    '64Mi',
    '100M',
    '1e6',
  ]);
});

test('a wrong flag is named', () => {
  const cases: [RunOptions, RegExp][] = [
    [{ port: ['80:'] }, /--port 80:/],
    [{ port: ['0:80'] }, /--port 0:80/],
    [{ port: ['80:65536'] }, /--port 80:65536/],
    [{ port: ['80/http'] }, /--port/],
    [{ volume: ['/data'] }, /--volume \/data/],
    [{ volume: ['/data:relative'] }, /--volume/],
    [{ volume: ['/a:/b:z'] }, /--volume/],
    [{ env: ['=x'] }, /--env =x/],
    [{ label: ['x'] }, /--label x/],
    [{ restart: 'maybe' }, /--restart maybe/],
    [{ restart: 'always', rm: true }, /--rm/],
    [{ pull: 'later' }, /--pull later/],
  ];
  for (const [options, message] of cases) assert.throws(() => run(options), message);
});

test('a pod is named after its image', () => {
  const cases: [image: string, name: string][] = [
    ['docker.io/library/nginx:1.27', 'nginx'],
    ['127.0.0.1:5000/Team/My_App@sha256:abc', 'my-app'],
    ['a/b--', 'b'],
    ['x/___', 'pod-'],
  ];
  for (const [image, name] of cases) assert(nameOfImage(image).startsWith(name), nameOfImage(image));
  assert.equal(nameOfImage(`x/${'y'.repeat(80)}`).length, 50);
});
