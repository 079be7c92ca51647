import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EnvVar, ResourceRequirements } from '../api/pod.ts';
import { testPod } from '../testing/pod.ts';
import type { PodPlace } from './downward-api.ts';
import { containerEnvironment, expandCommand } from './environment.ts';

const place: PodPlace = {
  hostIps: ['192.0.2.1', '2001:db8::1'],
  podIps: ['10.0.0.2', 'fd00::2'],
  node: { cpus: 4, memoryBytes: 8 * 1024 ** 3, ephemeralStorageBytes: 100 },
};

function environment(env: EnvVar[], resources: ResourceRequirements = {}): Record<string, string> {
  const pod = testPod(
    { containers: [{ name: 'a', env, resources }], serviceAccountName: 'default', nodeName: 'node-1' },
    { labels: { app: 'web', 'example.com/x': 'y' }, annotations: { note: 'hi' } },
  );
  const [container] = pod.spec.containers;
  assert.ok(container);
  return Object.fromEntries(containerEnvironment(pod, container, place));
}

test('values refer to the ones before them, never to later ones', () => {
  assert.deepEqual(
    environment([
      { name: 'A', value: '1' },
      { name: 'B', value: '$(A)2$(C)' },
      { name: 'C', value: '$(B)3' },
      { name: 'D' },
      { name: 'E', value: '$$(A)' },
    ]),
    { A: '1', B: '12$(C)', C: '12$(C)3', D: '', E: '$(A)' },
  );
});

test('a variable that is declared twice has its last value', () => {
  assert.deepEqual(
    environment([
      { name: 'A', value: '1' },
      { name: 'A', value: '$(A)x' },
    ]),
    { A: '1x' },
  );
});

const fields: [fieldPath: string, value: string][] = [
  ['metadata.name', 'p'],
  ['metadata.namespace', 'default'],
  ['metadata.uid', 'u'],
  ["metadata.labels['app']", 'web'],
  ["metadata.labels['example.com/x']", 'y'],
  ["metadata.labels['none']", ''],
  ["metadata.annotations['note']", 'hi'],
  ['spec.nodeName', 'node-1'],
  ['spec.serviceAccountName', 'default'],
  ['status.hostIP', '192.0.2.1'],
  ['status.hostIPs', '192.0.2.1,2001:db8::1'],
  ['status.podIP', '10.0.0.2'],
  ['status.podIPs', '10.0.0.2,fd00::2'],
];
for (const [fieldPath, value] of fields) {
  test(`fieldRef ${fieldPath} is ${value || 'empty'}`, () => {
    assert.deepEqual(environment([{ name: 'X', valueFrom: { fieldRef: { fieldPath } } }]), { X: value });
  });
}

const limited = {
  limits: { cpu: '1500m', memory: '64Mi' },
  requests: { cpu: '250m', memory: '32Mi' },
};
const resources: [resource: string, divisor: string | undefined, of: ResourceRequirements, value: string][] =
  [
    ['limits.cpu', undefined, limited, '2'],
    ['limits.cpu', '1m', limited, '1500'],
    ['limits.cpu', '0', limited, '2'],
    ['requests.cpu', '1m', limited, '250'],
    ['limits.memory', '1Mi', limited, '64'],
    ['limits.memory', undefined, limited, '67108864'],
    ['requests.memory', '1Gi', limited, '1'],
    ['limits.cpu', undefined, {}, '4'],
    ['limits.memory', '1Gi', {}, '8'],
    ['requests.cpu', undefined, {}, '0'],
    ['requests.memory', undefined, {}, '0'],
  ];
for (const [resource, divisor, of, value] of resources) {
  const given = divisor === undefined ? {} : { divisor };
  test(`resourceFieldRef ${resource} by ${divisor ?? 'default'} is ${value}`, () => {
    const valueFrom = { resourceFieldRef: { resource, ...given } };
    assert.deepEqual(environment([{ name: 'X', valueFrom }], of), { X: value });
  });
}

test('an unknown field and an unknown container are errors', () => {
  const fieldRef = { fieldPath: 'spec.magic' };
  assert.throws(() => environment([{ name: 'X', valueFrom: { fieldRef } }]), /not supported: spec\.magic/);
  const resourceFieldRef = { resource: 'limits.cpu', containerName: 'b' };
  assert.throws(() => environment([{ name: 'X', valueFrom: { resourceFieldRef } }]), /container b not found/);
});

test('commands see the environment', () => {
  const words = ['echo', '$(A)', '$(B)', '$$(A)'];
  assert.deepEqual(expandCommand(words, new Map([['A', '1']])), ['echo', '1', '$(B)', '$(A)']);
  assert.deepEqual(expandCommand(undefined, new Map()), []);
});
