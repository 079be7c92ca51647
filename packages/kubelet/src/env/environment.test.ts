import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Container, EnvVar, EnvVarSource, ResourceRequirements } from '../api/pod.ts';
import { testPod } from '../testing/pod.ts';
import {
  containerEnvironment,
  type Environment,
  type EnvironmentSources,
  expandCommand,
} from './environment.ts';

const text = (value: string) => Buffer.from(value);
const meta = { namespace: 'default', resourceVersion: '1', immutable: false };
const config = new Map([
  ['k', text('v')],
  ['other.key', text('w')],
  ['blob', text('x')],
]);
const password = Buffer.from([0xff, 0x41]);

const sources: EnvironmentSources = {
  hostIps: ['192.0.2.1', '2001:db8::1'],
  podIps: ['10.0.0.2', 'fd00::2'],
  node: { cpus: 4, memoryBytes: 8 * 1024 ** 3, ephemeralStorageBytes: 100 },
  objects: {
    configMap: (namespace, name) =>
      namespace === 'default' && name === 'c'
        ? { ...meta, name, data: config, binaryKeys: new Set(['blob']) }
        : undefined,
    secret: (namespace, name) =>
      namespace === 'default' && name === 's'
        ? { ...meta, name, type: 'Opaque', data: new Map([['password', password]]) }
        : undefined,
  },
  envFile: (volume, path) => ({ path: `/volumes/${volume}/${path}`, content: text("A='1'\nBAD\n") }),
};

function environment(env: EnvVar[], resources: ResourceRequirements = {}): Record<string, string> {
  const all = bytes({ env, resources });
  return Object.fromEntries([...all].map(([name, value]) => [name, value.toString()]));
}

function bytes(given: Partial<Container>): Environment {
  const pod = testPod(
    { containers: [{ name: 'a', ...given }], serviceAccountName: 'default', nodeName: 'node-1' },
    { labels: { app: 'web', 'example.com/x': 'y' }, annotations: { note: 'hi' } },
  );
  const [container] = pod.spec.containers;
  assert.ok(container);
  return containerEnvironment(pod, container, sources);
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
  assert.deepEqual(expandCommand(words, new Map([['A', text('1')]])), ['echo', '1', '$(B)', '$(A)']);
  assert.deepEqual(expandCommand(undefined, new Map()), []);
});

test('envFrom gives every text of an object a name, and env replaces it', () => {
  const all = bytes({
    envFrom: [
      { configMapRef: { name: 'c' } },
      { prefix: 'P_', secretRef: { name: 's' } },
      { configMapRef: { name: 'none', optional: true } },
      { secretRef: { name: 'none', optional: true } },
    ],
    env: [
      { name: 'k', value: '$(k)+' },
      { name: 'other.key', valueFrom: { configMapKeyRef: { name: 'c', key: 'none', optional: true } } },
      { name: 'X', value: '<$(P_password)>' },
    ],
  });
  assert.deepEqual(
    [...all],
    [
      ['k', text('v+')],
      ['other.key', text('w')],
      ['P_password', password],
      ['X', Buffer.from([0x3c, 0xff, 0x41, 0x3e])],
    ],
  );
});

const references: [what: string, valueFrom: EnvVarSource, value: Buffer | undefined | RegExp][] = [
  ['a key of a ConfigMap', { configMapKeyRef: { name: 'c', key: 'k' } }, text('v')],
  ['a key of a Secret', { secretKeyRef: { name: 's', key: 'password' } }, password],
  ['no ConfigMap', { configMapKeyRef: { name: 'x', key: 'k' } }, /^configmap "x" not found$/],
  ['no Secret', { secretKeyRef: { name: 'x', key: 'k' } }, /^secret "x" not found$/],
  [
    'no key of a ConfigMap',
    { configMapKeyRef: { name: 'c', key: 'x' } },
    /^couldn't find key x in ConfigMap default\/c$/,
  ],
  [
    'a key of binaryData',
    { configMapKeyRef: { name: 'c', key: 'blob' } },
    /^couldn't find key blob in ConfigMap default\/c$/,
  ],
  [
    'no key of a Secret',
    { secretKeyRef: { name: 's', key: 'x' } },
    /^couldn't find key x in Secret default\/s$/,
  ],
  ['no optional ConfigMap', { configMapKeyRef: { name: 'x', key: 'k', optional: true } }, undefined],
  ['no optional Secret', { secretKeyRef: { name: 'x', key: 'k', optional: true } }, undefined],
  ['no optional key', { secretKeyRef: { name: 's', key: 'x', optional: true } }, undefined],
  ['a variable of a file', { fileKeyRef: { volumeName: 'v', path: 'p', key: 'A' } }, text('1')],
  [
    'a file that is not as it has to be',
    { fileKeyRef: { volumeName: 'v', path: 'p', key: 'B', optional: true } },
    /^couldn't parse env file$/,
  ],
];
for (const [what, valueFrom, value] of references) {
  test(`valueFrom with ${what}`, () => {
    const resolve = () => bytes({ env: [{ name: 'X', valueFrom }] }).get('X');
    if (value instanceof RegExp) assert.throws(resolve, { message: value });
    else assert.deepEqual(resolve(), value);
  });
}

test('envFrom needs objects that are not optional', () => {
  assert.throws(() => bytes({ envFrom: [{ configMapRef: { name: 'x' } }] }), {
    message: 'configmap "x" not found',
  });
  assert.throws(() => bytes({ envFrom: [{ secretRef: { name: 'x' } }] }), {
    message: 'secret "x" not found',
  });
});

test('a file without the variable', () => {
  const given = (optional: boolean): Partial<Container> => {
    const valueFrom: EnvVarSource = { fileKeyRef: { volumeName: 'v', path: 'p', key: 'B', optional } };
    return { env: [{ name: 'X', valueFrom }] };
  };
  const empty = { ...sources, envFile: () => ({ path: '/v/p', content: text("A='1'\n") }) };
  const pod = (optional: boolean) => testPod({ containers: [{ name: 'a', ...given(optional) }] });
  const read = (optional: boolean) => {
    const [container] = pod(optional).spec.containers;
    assert.ok(container);
    return containerEnvironment(pod(optional), container, empty);
  };
  assert.equal(read(true).size, 0);
  assert.throws(() => read(false), { message: 'environment variable key "B" not found in file "/v/p"' });
});
