import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatFieldError } from '@berth/kubelet/api/field-error.ts';
import type { JsonObject } from '@berth/kubelet/api/pod-shape.ts';
import { expandWorkload } from './expand.ts';

const labels = { app: 'web' };
const container = { name: 'c', image: 'a' };
const template = (spec: JsonObject = {}, metadata: JsonObject = { labels }): JsonObject => ({
  metadata,
  spec: { containers: [container], ...spec },
});
const workload = (kind: string, spec: JsonObject, metadata: JsonObject = {}): JsonObject => ({
  apiVersion: kind === 'Job' ? 'batch/v1' : 'apps/v1',
  kind,
  metadata: { name: 'web', ...metadata },
  spec,
});
const of = (kind: string, spec: JsonObject = {}, given = template()) =>
  workload(kind, { selector: { matchLabels: labels }, template: given, ...spec });
const job = (spec: JsonObject = {}, podSpec: JsonObject = { restartPolicy: 'Never' }) =>
  workload('Job', { template: template(podSpec, {}), ...spec });
const pod = (name: string, more: { labels?: JsonObject; spec?: JsonObject } = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, labels: { ...labels, ...more.labels } },
  spec: { containers: [container], ...more.spec },
});

const jobLabels = { 'job-name': 'web', 'batch.kubernetes.io/job-name': 'web' };
const jobPod = (name: string, spec: JsonObject = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, labels: jobLabels },
  spec: { containers: [container], restartPolicy: 'Never', ...spec },
});

for (const [what, given, expected] of [
  ['a Deployment has one pod by default', of('Deployment'), [pod('web-0')]],
  ['as many pods as replicas', of('Deployment', { replicas: 2 }), [pod('web-0'), pod('web-1')]],
  ['a ReplicaSet', of('ReplicaSet', { replicas: 1 }), [pod('web-0')]],
  ['a DaemonSet has one pod on each node', of('DaemonSet'), [pod('web')]],
  [
    'pods of a StatefulSet know who they are',
    of('StatefulSet', { serviceName: 'db', ordinals: { start: 3 } }),
    [
      pod('web-3', {
        labels: {
          'statefulset.kubernetes.io/pod-name': 'web-3',
          'apps.kubernetes.io/pod-index': '3',
        },
        spec: { hostname: 'web-3', subdomain: 'db' },
      }),
    ],
  ],
  [
    'a namespace and annotations, but not the name of the template',
    workload(
      'Deployment',
      {
        selector: { matchLabels: labels },
        template: template({}, { labels, annotations: { a: 'b' }, name: 'x' }),
      },
      { namespace: 'shop', labels: { not: 'mine' } },
    ),
    [
      {
        ...pod('web-0'),
        metadata: { name: 'web-0', namespace: 'shop', labels, annotations: { a: 'b' } },
      },
    ],
  ],
  [
    'the deadline of a job is that of its pod',
    job({ activeDeadlineSeconds: 60 }, { restartPolicy: 'OnFailure', activeDeadlineSeconds: 90 }),
    [
      {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'web', labels: { 'job-name': 'web', 'batch.kubernetes.io/job-name': 'web' } },
        spec: { containers: [container], restartPolicy: 'OnFailure', activeDeadlineSeconds: 60 },
      },
    ],
  ],
  [
    'a job with several completions, all at once',
    job({ completions: 2, parallelism: 3 }),
    [jobPod('web-0'), jobPod('web-1')],
  ],
  ['a job of workers that share their work', job({ parallelism: 2 }), [jobPod('web-0'), jobPod('web-1')]],
  [
    'pods of an Indexed job know their index',
    job(
      { completions: 1, completionMode: 'Indexed' },
      {
        restartPolicy: 'Never',
        initContainers: [{ name: 'i', env: [{ name: 'JOB_COMPLETION_INDEX', value: 'x' }] }],
      },
    ),
    [
      {
        ...jobPod('web-0', {
          hostname: 'web-0',
          initContainers: [{ name: 'i', env: [{ name: 'JOB_COMPLETION_INDEX', value: 'x' }] }],
          containers: [
            {
              ...container,
              env: [
                {
                  name: 'JOB_COMPLETION_INDEX',
                  valueFrom: {
                    fieldRef: { fieldPath: "metadata.labels['batch.kubernetes.io/job-completion-index']" },
                  },
                },
              ],
            },
          ],
        }),
        metadata: {
          name: 'web-0',
          labels: { ...jobLabels, 'batch.kubernetes.io/job-completion-index': '0' },
          annotations: { 'batch.kubernetes.io/job-completion-index': '0' },
        },
      },
    ],
  ],
] as const) {
  test(`expanded: ${what}`, () => {
    const { pods, errors } = expandWorkload(given.kind as string, given);
    assert.deepEqual(errors, []);
    assert.deepEqual(pods, expected);
  });
}

const refused: [given: JsonObject, expected: string][] = [
  [
    { ...of('Deployment'), apiVersion: 'extensions/v1beta1' },
    'apiVersion: Unsupported value: "extensions/v1beta1": supported values: "apps/v1"',
  ],
  [workload('Deployment', {}, { name: '' }), 'metadata.name: Required value'],
  [{ ...of('Deployment'), spec: undefined }, 'spec: Required value'],
  [workload('Deployment', {}), 'spec.template: Required value'],
  [of('Deployment', { selector: null }), 'spec.selector: Required value'],
  [
    of('Deployment', { selector: {} }),
    'spec.selector: Invalid value: {}: must select the pods of the template',
  ],
  [
    of('Deployment', { selector: { matchLabels: { app: 'x' } } }),
    'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`',
  ],
  [
    of('Deployment', {
      selector: { matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['web'] }] },
    }),
    'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`',
  ],
  [
    of('Deployment', { selector: { matchExpressions: [{ key: 'app', operator: 'Is' }] } }),
    'spec.selector.matchExpressions[0].operator: Unsupported value: "Is": supported values: "DoesNotExist", "Exists", "In", "NotIn"',
  ],
  [
    of('Deployment', { replicas: 0 }),
    'spec.replicas: Forbidden: no pods to run; take them away with: berth down FILE',
  ],
  [of('Deployment', { replicas: 111 }), 'spec.replicas: Invalid value: 111: a node runs at most 110 pods'],
  [
    of('Deployment', { replicas: '2' }),
    'spec.replicas: Invalid value: "2": must be a whole number, 0 or more',
  ],
  [of('Deployment', { paused: true }), 'spec.paused: Forbidden: a node has no rollout to pause'],
  [of('Deployment', { strategy: 'x' }), 'spec.strategy: Invalid value: "x": must be an object'],
  [
    of('Deployment', { strategy: { type: 'Blue' } }),
    'spec.strategy.type: Unsupported value: "Blue": supported values: "Recreate", "RollingUpdate"',
  ],
  [
    of('Deployment', { replicaz: 2 }),
    'strict decoding error: unknown field "spec.replicaz" (did you mean "replicas"?)',
  ],
  [
    of('Deployment', {}, template({}, { labels, lable: 1 })),
    'strict decoding error: unknown field "spec.template.metadata.lable"',
  ],
  [
    of('Deployment', {}, template({ restartPolicy: 'Never' })),
    'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
  ],
  [
    of('DaemonSet', { updateStrategy: { type: 'OnDelete' } }),
    'spec.updateStrategy.type: Forbidden: a node updates the pods of a manifest as soon as it changes',
  ],
  [
    of('StatefulSet', { updateStrategy: { rollingUpdate: { partition: 1 } } }),
    'spec.updateStrategy.rollingUpdate.partition: Forbidden: a node updates all pods of a manifest',
  ],
  [
    of('StatefulSet', { volumeClaimTemplates: [{}] }),
    'spec.volumeClaimTemplates: Forbidden: a node has no volumes to claim; instead put a hostPath volume of that name with type DirectoryOrCreate into the template, and with several replicas mount it with subPathExpr: $(POD_NAME)',
  ],
  [
    job({ completions: 3, parallelism: 2 }),
    'spec.parallelism: Forbidden: a node starts all pods of a job at once; set it to 3, as completions',
  ],
  [
    job({ completions: 2 }),
    'spec.parallelism: Forbidden: a node starts all pods of a job at once; set it to 2, as completions',
  ],
  [job({ completionMode: 'Indexed' }), 'spec.completions: Required value: when completion mode is Indexed'],
  [
    job({ completionMode: 'Other' }),
    'spec.completionMode: Unsupported value: "Other": supported values: "Indexed", "NonIndexed"',
  ],
  [
    job({ parallelism: 0 }),
    'spec.parallelism: Forbidden: no pods to run; take them away with: berth down FILE',
  ],
  [job({ suspend: true }), 'spec.suspend: Forbidden: a node starts a job at once'],
  [
    job({ successPolicy: {} }),
    'spec.successPolicy: Forbidden: a node runs each pod of a job once; only the job controller of a cluster does more',
  ],
  [job({}, {}), 'spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"'],
  [
    job({}, { restartPolicy: 'Always' }),
    'spec.template.spec.restartPolicy: Unsupported value: "Always": supported values: "Never", "OnFailure"',
  ],
];
for (const [given, expected] of refused) {
  test(`refused: ${expected}`, () => {
    const { errors } = expandWorkload(String(given.kind), given);
    assert.ok(
      errors.map(formatFieldError).some((error) => error.startsWith(expected)),
      JSON.stringify(errors),
    );
  });
}

for (const [what, given, expected] of [
  ['a plain Deployment', of('Deployment', { revisionHistoryLimit: 3, strategy: { type: 'Recreate' } }), []],
  [
    'an update in turns',
    of('Deployment', { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } }),
    ['spec.strategy.type: after a change every pod is ended before its new version starts'],
  ],
  [
    'a StatefulSet',
    of('StatefulSet', { serviceName: 'db', podManagementPolicy: 'OrderedReady', minReadySeconds: 5 }),
    [
      'spec.serviceName: it becomes the subdomain of the pods; no DNS server of a node knows it',
      'spec.podManagementPolicy: the pods start at once, not one after the other',
      'spec.minReadySeconds: a pod counts as available as soon as it is ready',
    ],
  ],
  ['a job', job(), ['runs once: with restartPolicy Never a failure is final']],
  [
    'a job of several pods',
    job({ completions: 2, parallelism: 2 }),
    ['each pod runs once: with restartPolicy Never a failure is final'],
  ],
  [
    'a job with retries',
    job({ backoffLimit: 4, completions: 1 }, { restartPolicy: 'OnFailure' }),
    [
      'runs until it succeeds: with restartPolicy OnFailure its containers are started again, whatever backoffLimit says',
    ],
  ],
] as const) {
  test(`noted: ${what}`, () => assert.deepEqual(expandWorkload(String(given.kind), given).notes, expected));
}

test('a field that nothing knows is told, and the pods run without it', () => {
  const { pods, errors } = expandWorkload('Deployment', of('Deployment', { x: 1 }));
  assert.equal(pods.length, 1);
  assert.deepEqual(
    errors.map(({ isIgnored }) => isIgnored),
    [true],
  );
});
