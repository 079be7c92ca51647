// The events of our kubelet beside those of the real one, which logs them with -v=3: the same pods, the same words.
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { testImage } from '@berth/test-support/pods.ts';
import { until } from '@berth/test-support/until.ts';
import { startKubeletNode, type Whose } from '../parity/kubelet/nodes.ts';

const forever = 'trap "exit 0" TERM; while true; do sleep 1 & wait $!; done';

const container = (script: string, more: object = {}) => ({
  name: 'main',
  image: testImage,
  command: ['/bin/sh', '-c', script],
  ...more,
});
const noImage = 'localhost:1/none:1';
const exec = (...command: string[]) => ({ exec: { command } });
/** A probe that fails, and not for taking long on a busy machine. */
const fails = { ...exec('/bin/false'), periodSeconds: 1, timeoutSeconds: 30 };

/** Pods by name, with the reason of the event after which each is looked at. */
const pods: Readonly<Record<string, { spec: object; last: string }>> = {
  runs: {
    spec: { initContainers: [{ ...container('true'), name: 'init' }], containers: [container(forever)] },
    last: 'Started',
  },
  crashes: { spec: { containers: [container('exit 3')] }, last: 'BackOff' },
  pulls: { spec: { containers: [container(forever, { image: noImage })] }, last: 'BackOff' },
  never: {
    spec: { containers: [container(forever, { image: noImage, imagePullPolicy: 'Never' })] },
    last: 'Failed',
  },
  command: { spec: { containers: [container('', { command: ['/none'] })] }, last: 'Failed' },
  mounts: {
    spec: {
      containers: [container(forever, { volumeMounts: [{ name: 'v', mountPath: '/v' }] })],
      volumes: [{ name: 'v', hostPath: { path: '/nowhere', type: 'Directory' } }],
    },
    last: 'FailedMount',
  },
  unhealthy: {
    spec: {
      containers: [
        container(forever, {
          livenessProbe: { ...fails, failureThreshold: 1 },
        }),
      ],
    },
    last: 'BackOff',
  },
  unready: {
    spec: {
      containers: [container(forever, { readinessProbe: fails })],
    },
    last: 'Unhealthy',
  },
  poststart: {
    spec: { containers: [container(forever, { lifecycle: { postStart: exec('/none') } })] },
    last: 'BackOff',
  },
  prestop: {
    spec: { containers: [container(forever, { lifecycle: { preStop: exec('/none') } })] },
    last: 'Started',
  },
  deadline: {
    spec: { activeDeadlineSeconds: 2, containers: [container(forever)] },
    last: 'Killing',
  },
  sysctl: {
    spec: {
      securityContext: { sysctls: [{ name: 'kernel.msgmax', value: '1' }] },
      containers: [container(forever)],
    },
    last: 'SysctlForbidden',
  },
};

/** What is not the same in two runs: UIDs, ids, times. */
function withoutRun(text: string): string {
  return text
    .replaceAll(/\([0-9a-f]{32}\)/g, '(UID)')
    .replaceAll(/[0-9a-f]{64}/g, 'ID')
    .replaceAll(/parours|parreal/g, 'NODE');
}

/** The events of pods in a log: `POD TYPE REASON FIELD: MESSAGE`, each once. */
function eventsIn(log: string): string[] {
  const field = (name: string) => `${name}=("(?:[^"\\\\]|\\\\.)*")`;
  const names = ['object', 'fieldPath', 'kind', 'apiVersion', 'type', 'reason', 'message'];
  const line = new RegExp(`"Event occurred" ${names.map(field).join(' ')}`, 'g');
  const events = [...log.matchAll(line)].flatMap(([, ...values]) => {
    const [object, fieldPath, kind, , type, reason, message] = values.map((value): string =>
      JSON.parse(value),
    );
    return kind === 'Pod' ? [withoutRun(`${object} ${type} ${reason} ${fieldPath}: ${message}`)] : [];
  });
  return [...new Set(events)].sort();
}

/** Events of one kubelet, from the start of the pods to their end. */
async function eventsOf(whose: Whose): Promise<string[]> {
  await using node = await startKubeletNode(
    whose,
    ({ manifests }) => {
      for (const [name, { spec }] of Object.entries(pods)) {
        const metadata = { name };
        const whole = { terminationGracePeriodSeconds: 2, ...spec };
        const pod = { apiVersion: 'v1', kind: 'Pod', metadata, spec: whole };
        writeFileSync(join(manifests, `${name}.json`), JSON.stringify(pod));
      }
    },
    3,
  );
  const seen = () => eventsIn(node.kubelet.output());
  for (const [name, { last }] of Object.entries(pods)) {
    await until(
      `${whose}: ${name} has ${last}`,
      () => seen().some((event) => event.startsWith(`default/${name}-`) && event.includes(` ${last} `)),
      seen,
      120_000,
    );
  }
  for (const name of ['runs', 'prestop']) rmSync(join(node.manifests, `${name}.json`));
  for (const [name, reason] of [
    ['runs', 'Killing'],
    ['prestop', 'Killing'],
    ['prestop', 'FailedPreStopHook'],
  ] as const) {
    await until(
      `${whose}: ${name} is stopped: ${reason}`,
      () => seen().some((event) => event.startsWith(`default/${name}-`) && event.includes(` ${reason} `)),
      seen,
      120_000,
    );
  }
  return seen();
}

/** Events that only one of them has, on purpose. */
const differences = [
  // Every pod of a node without a cluster would have this warning, whatever it needs.
  / Warning MissingClusterDNS /,
  // Ours looks for images while it makes the volumes.
  /^default\/mounts-\S+ Normal Pulled /,
];

test('the same pods have the same events', async () => {
  const alike = (events: string[]) => events.filter((event) => !differences.some((each) => each.test(event)));
  const real = await eventsOf('real');
  const ours = await eventsOf('ours');
  assert.deepEqual(alike(ours), alike(real));
});
