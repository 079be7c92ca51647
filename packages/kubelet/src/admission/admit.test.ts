import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '../api/pod.ts';
import { decodeManifest } from '../config/decode.ts';
import { type NodeFacts, nodeLabels } from '../node/node-facts.ts';
import { decodeOptions } from '../testing/manifest.ts';
import { testNodeFacts } from '../testing/node-facts.ts';
import { admitPods } from './admit.ts';

const node = testNodeFacts({ labels: { ...nodeLabels('n', 'x64'), size: '5' } });

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
  const { admitted, rejected } = admitPods(pods, node, {
    wasAdmitted: (uid) => known.includes(uid),
    isFinished: (uid) => finished.includes(uid),
  });
  return [admitted.map(({ metadata }) => metadata.uid).join(' '), rejected[0]?.failed.detail];
}

const cpu = (amount: string): object => ({ resources: { requests: { cpu: amount } } });
const port = (hostPort: number, hostIP?: string): object => ({
  ports: [{ containerPort: 1, hostPort, hostIP }],
});

const newPods = { wasAdmitted: () => false, isFinished: () => false };

/** The pod as an API server would send it: only its priority makes it critical. */
function fromApiServer({ metadata, ...rest }: Pod): Pod {
  const { annotations: _, ...others } = metadata;
  return { ...rest, metadata: others };
}

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
    const others = pods.map((each) => fromApiServer(each));
    const [first] = admitPods(others, node, newPods).rejected;
    assert.deepEqual([first?.failed.reason, first?.failed.message], [reason, message]);
  }
});

test('a pod that has finished stays, even where another has its resources by now', () => {
  const pods = [pod('b', cpu('1500m')), pod('a', cpu('600m'))];
  assert.deepEqual(admit(pods, ['a', 'b'], ['a']), ['b a', undefined]);
});

test('pods that the node can not run are rejected with the reason of the real kubelet', () => {
  const sysctls = (name: string, spec: object = {}): Pod =>
    pod('a', {}, { ...spec, securityContext: { sysctls: [{ name, value: '1' }] } });
  const strict = { securityContext: { supplementalGroupsPolicy: 'Strict' } };
  const armored = { securityContext: { appArmorProfile: { type: 'RuntimeDefault' } } };
  const old = testNodeFacts({ hasAppArmor: false, hasGroupsPolicy: false, hasMountOptions: false });
  const bound = pod(
    'a',
    { volumeMounts: [{ name: 'v', mountPath: '/v', bindMountOptions: ['noexec'] }] },
    { volumes: [{ name: 'v' }] },
  );
  const labelled = pod('a');
  labelled.metadata.labels = { 'kubernetes.io/os': 'windows' };
  const elsewhere = pod('a');
  elsewhere.spec.nodeName = 'other';
  const cases: [Pod, reason: string, message: string][] = [
    [sysctls('vm.swappiness'), 'SysctlForbidden', 'forbidden sysctl: "vm.swappiness" not allowlisted'],
    [
      sysctls('net/core/somaxconn'),
      'SysctlForbidden',
      'forbidden sysctl: "net.core.somaxconn" not allowlisted',
    ],
    [
      labelled,
      'PodOSSelectorNodeLabelDoesNotMatch',
      "Failed to admit pod as the `kubernetes.io/os` label doesn't match node label",
    ],
    [
      pod('a', {}, { os: { name: 'windows' } }),
      'PodOSNotSupported',
      "Failed to admit pod as the OS field doesn't match node OS",
    ],
    [
      pod('a', {}, strict),
      'SupplementalGroupsPolicyNotSupported',
      'SupplementalGroupsPolicy=Strict is not supported in this node',
    ],
    [elsewhere, 'NodeName', "Predicate NodeName failed: node(s) didn't match the requested node name"],
    [
      bound,
      'PodFeatureUnsupported',
      'Pod requires node features that are not available: VolumeBindMountOptions',
    ],
    [pod('a', {}, armored), 'AppArmor', 'Cannot enforce AppArmor: AppArmor is not enabled on the host'],
  ];
  for (const [each, reason, message] of cases) {
    const [first] = admitPods([each], old, newPods).rejected;
    assert.deepEqual([first?.failed.reason, first?.failed.message], [reason, message]);
  }
  // A pod has kernel parameters of its users when it has users of its own.
  const perUser = { ...node, allowedSysctls: ['user.*'] };
  const own = sysctls('user/max_user_namespaces', { hostUsers: false });
  assert.equal(admitPods([own], perUser, newPods).rejected.length, 0);
  for (const shared of [{}, { hostUsers: true }]) {
    const [first] = admitPods([sysctls('user.max_user_namespaces', shared)], perUser, newPods).rejected;
    const message = 'forbidden sysctl: "user.max_user_namespaces" not allowed with host User enabled';
    assert.deepEqual([first?.failed.reason, first?.failed.message], ['SysctlForbidden', message]);
  }
  for (const each of [sysctls('kernel.msgmax'), pod('b', {}, strict), pod('c', {}, armored), bound])
    assert.equal(admitPods([each], node, newPods).rejected.length, 0);
});

test('a static pod is critical: where it finds no room, and no pod to preempt, that is the error', () => {
  const [first] = admitPods([pod('a', cpu('1500m')), pod('b', cpu('600m'))], node, newPods).rejected;
  assert.equal(first?.failed.reason, 'UnexpectedAdmissionError');
  assert.equal(
    first?.failed.message,
    'Unexpected error while attempting to recover from admission failure: preemption: error finding a set of pods to preempt: no set of running pods found to reclaim resources: [(res: cpu, q: 100), ]',
  );
});

test('a critical pod preempts', () => {
  const low = { priority: 1 };
  const critical = { priority: 2_000_001_000 };
  const pods = [pod('a', cpu('1500m'), low), pod('b', cpu('400m'), low), pod('c', cpu('600m'), critical)];
  const { admitted, rejected, preempted } = admitPods(pods, node, newPods);
  assert.deepEqual(
    preempted.map((each) => [each.pod.metadata.uid, each.preemptor.metadata.uid, each.resource]),
    [['a', 'c', 'cpu']],
  );
  assert.deepEqual(
    admitted.map(({ metadata }) => metadata.uid),
    ['a', 'b', 'c'],
  );
  assert.deepEqual(rejected, []);
  // What became free is promised once.
  const more = [...pods, pod('d', cpu('1100m'), low)];
  const next = admitPods(more, node, { wasAdmitted: (uid) => uid !== 'd', isFinished: (uid) => uid === 'a' });
  assert.deepEqual(
    next.rejected.map((each) => each.pod.metadata.uid),
    ['d'],
  );
  assert.deepEqual(next.preempted, []);
});

test('a critical pod that fails for another reason as well preempts nothing', () => {
  const pods = [
    pod('a', cpu('1500m'), { priority: 1 }),
    pod('b', cpu('600m'), { priority: 2_000_001_000, nodeSelector: { disk: 'ssd' } }),
  ];
  const { rejected, preempted } = admitPods(pods, node, newPods);
  assert.deepEqual(preempted, []);
  assert.equal(rejected[0]?.failed.reason, 'NodeAffinity');
});

/** The pod as the API server's source gives it. */
function served(name: string, container: object = {}, metadata: object = {}, spec: object = {}): Pod {
  const made = pod(name, container);
  const annotations = { 'kubernetes.io/config.source': 'api' };
  return {
    ...made,
    metadata: { ...made.metadata, annotations, ...metadata },
    spec: { ...made.spec, ...spec },
  };
}

test('pods of the API server that are deleted or have ended are not judged, and only the former use the node', () => {
  const deleted = served('d', cpu('2'), { deletionTimestamp: '2026-11-30T10:00:00Z' });
  assert.deepEqual(admit([deleted, served('a', cpu('1'))])[0], 'd');
  assert.deepEqual(admit([deleted, served('a', cpu('1'))], [], ['d'])[0], 'd a');
  assert.deepEqual(admit([served('e', cpu('9')), served('a', cpu('2'))], [], ['e'])[0], 'e a');
  // A static pod that had finished is judged again when it is new to this kubelet.
  assert.deepEqual(admit([pod('s', cpu('9'))], [], ['s'])[0], '');
});

test('the rejection of a pod of the API server is final, until it is deleted', () => {
  const failed = { reason: 'OutOfcpu', message: 'm', detail: 'd' };
  const history = { ...newPods, rejection: (uid: string) => (uid === 'r' ? failed : undefined) };
  const { admitted, rejected } = admitPods([served('r'), served('a')], node, history);
  assert.deepEqual(
    [admitted.map(({ metadata }) => metadata.uid), rejected.map((each) => each.failed)],
    [['a'], [failed]],
  );
  const deleted = served('r', {}, { deletionTimestamp: '2026-11-30T10:00:00Z' });
  assert.equal(admitPods([deleted], node, history).admitted.length, 1);
});

test('a pod that was admitted stays when labels and taints change, and a new one does not come', () => {
  const labelled = pod('labelled', {}, { nodeSelector: { disk: 'ssd' } });
  const others = {
    ...node,
    labels: { ...node.labels, disk: 'hdd' },
    taints: [{ key: 'k', effect: 'NoExecute' }],
  };
  const verdict = (wasAdmitted: boolean) => {
    const history = { wasAdmitted: () => wasAdmitted, isFinished: () => false };
    return admitPods([labelled], others, history).rejected.map(({ failed }) => failed.reason);
  };
  assert.deepEqual(verdict(true), []);
  assert.deepEqual(verdict(false), ['NodeAffinity']);
});

test('extended resources count where the node has them', () => {
  const gpu = (name: string, count: string) =>
    pod(name, {
      resources: { requests: { 'example.com/gpu': count }, limits: { 'example.com/gpu': count } },
    });
  const withGpus = {
    ...node,
    allocatable: new Map([...node.allocatable, ['example.com/gpu', 2_000_000_000n]]),
  };
  const reasons = (facts: NodeFacts) =>
    admitPods([gpu('a', '1'), gpu('b', '2')], facts, newPods).rejected.map(({ failed }) => failed.reason);
  // A static pod is critical, and nothing can make room for it.
  assert.deepEqual(reasons(withGpus), ['UnexpectedAdmissionError']);
  assert.deepEqual(reasons(node), []);
  assert.deepEqual(reasons({ ...withGpus, withoutClaimed: () => pod('claimed') }), []);
  // Devices of a plugin are given one by one.
  assert.deepEqual(reasons({ ...withGpus, hasDevices: (name) => name === 'example.com/gpu' }), []);
});
