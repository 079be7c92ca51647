import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '../api/pod.ts';
import { decodeManifest } from '../config/decode.ts';
import type { NodeFacts } from '../node/node-facts.ts';
import { decodeOptions } from '../testing/manifest.ts';
import { admitPods } from './admit.ts';

const node: NodeFacts = {
  labels: { 'kubernetes.io/os': 'linux', 'kubernetes.io/hostname': 'n', size: '5' },
  maxPods: 10,
  cpus: 2,
  memoryBytes: 1024 ** 3,
  ephemeralStorageBytes: 10 * 1024 ** 3,
};

function pod(name: string, container: object = {}, spec: object = {}): Pod {
  const manifest = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, uid: name },
    spec: { containers: [{ name: 'c', image: 'a', ...container }], ...spec },
  };
  const [decoded] = decodeManifest(JSON.stringify(manifest), { ...decodeOptions, nodeName: 'n' });
  assert.ok(decoded?.ok && decoded.pod, decoded && !decoded.ok ? decoded.message : 'nothing decoded');
  return decoded.pod;
}

/** Uids that are admitted, and the first rejection as a person reads it. */
function admit(pods: Pod[], known: string[] = [], finished: string[] = []): [string, string | undefined] {
  const { admitted, rejected } = admitPods(pods, node, new Set(known), (uid) => finished.includes(uid));
  return [admitted.map(({ metadata }) => metadata.uid).join(' '), rejected[0]?.failed.detail];
}

const cpu = (amount: string): object => ({ resources: { requests: { cpu: amount } } });
const port = (hostPort: number, hostIP?: string): object => ({
  ports: [{ containerPort: 1, hostPort, hostIP }],
});

test('resources are promised once', () => {
  const pods = [pod('a', cpu('1500m')), pod('b', cpu('600m')), pod('c', cpu('500m'))];
  const message = "Node didn't have enough resource: cpu, requested: 600m, used: 1500m, capacity: 2";
  assert.deepEqual(admit(pods), ['a c', message]);
  assert.deepEqual(admit(pods, ['b'], []), [
    'b c',
    message.replace('600m', '1500m').replace('used: 1500m', 'used: 600m'),
  ]);
  assert.deepEqual(admit(pods, ['a'], ['a']), ['a b c', undefined]);
  assert.match(
    admit([pod('m', { resources: { limits: { memory: '2Gi' } } })])[1] ?? '',
    /requested: 2Gi, used: 0, capacity: 1Gi/,
  );
});

test('disk is promised once', () => {
  const disk = (amount: string) => ({ resources: { requests: { 'ephemeral-storage': amount } } });
  assert.deepEqual(admit([pod('a', disk('8Gi')), pod('b', disk('3Gi'))]), [
    'a',
    "Node didn't have enough resource: ephemeral-storage, requested: 3Gi, used: 8Gi, capacity: 10Gi",
  ]);
});

test('the number of pods is limited', () => {
  const pods = Array.from({ length: 11 }, (_, index) => pod(`p${index}`));
  assert.match(admit(pods)[1] ?? '', /at most 10 \(--max-pods\)/);
});

test('host ports are taken once, whichever address names them', () => {
  assert.match(
    admit([pod('a', port(80)), pod('b', port(80))])[1] ?? '',
    /TCP\/80 is taken by pod default\/a-n/,
  );
  assert.match(
    admit([pod('a', port(80)), pod('b', port(80, '10.0.0.1'))])[1] ?? '',
    /taken by pod default\/a-n/,
  );
  assert.match(
    admit([pod('a', port(80, '10.0.0.1')), pod('b', port(80, '::'))])[1] ?? '',
    /taken by pod default\/a-n/,
  );
  assert.deepEqual(
    admit([pod('a', port(80, '10.0.0.1')), pod('b', port(80, '10.0.0.2')), pod('c', port(8))]),
    ['a b c', undefined],
  );
});

test('node selector and required node affinity', () => {
  const affinity = (...matchExpressions: object[]): object => ({
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions }] },
      },
    },
  });
  const cases: [object, boolean][] = [
    [{ nodeSelector: { 'kubernetes.io/os': 'linux' } }, true],
    [{ nodeSelector: { disk: 'ssd' } }, false],
    [
      affinity({ key: 'size', operator: 'Gt', values: ['4'] }, { key: 'disk', operator: 'DoesNotExist' }),
      true,
    ],
    [affinity({ key: 'size', operator: 'In', values: ['4'] }), false],
    [affinity({ key: 'toString', operator: 'Exists' }), false],
    [affinity({ key: 'size', operator: 'NotIn', values: ['4'] }), true],
  ];
  for (const [spec, fits] of cases)
    assert.equal(admit([pod('a', {}, spec)])[0], fits ? 'a' : '', JSON.stringify(spec));
});

test('reason and message are those of the real kubelet', () => {
  const full = Array.from({ length: 10 }, (_, index) => pod(`p${index}`));
  const shortage = (resource: string, amounts: string) =>
    `Node didn't have enough resource: ${resource}, ${amounts}`;
  const cases: [pods: Pod[], reason: string, message: string][] = [
    [[pod('a', cpu('500'))], 'OutOfcpu', shortage('cpu', 'requested: 500000, used: 0, capacity: 2000')],
    [
      [pod('a', cpu('1500m')), pod('b', cpu('600m'))],
      'OutOfcpu',
      shortage('cpu', 'requested: 600, used: 1500, capacity: 2000'),
    ],
    [
      [pod('a', { resources: { requests: { memory: '2Gi' } } })],
      'OutOfmemory',
      shortage('memory', 'requested: 2147483648, used: 0, capacity: 1073741824'),
    ],
    [
      [pod('a', { resources: { requests: { 'ephemeral-storage': '11Gi' } } })],
      'OutOfephemeral-storage',
      shortage('ephemeral-storage', 'requested: 11811160064, used: 0, capacity: 10737418240'),
    ],
    [[...full, pod('q')], 'OutOfpods', shortage('pods', 'requested: 1, used: 10, capacity: 10')],
    [
      [pod('a', port(80)), pod('b', port(80))],
      'NodePorts',
      "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports",
    ],
    [
      [pod('a', {}, { nodeSelector: { disk: 'ssd' } })],
      'NodeAffinity',
      "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector",
    ],
  ];
  for (const [pods, reason, message] of cases) {
    const [first] = admitPods(pods, node, new Set(), () => false).rejected;
    assert.deepEqual([first?.failed.reason, first?.failed.message], [reason, message]);
  }
});

test('a pod that has finished stays, even where another has its resources by now', () => {
  const pods = [pod('b', cpu('1500m')), pod('a', cpu('600m'))];
  assert.deepEqual(admit(pods, ['a', 'b'], ['a']), ['b a', undefined]);
});
