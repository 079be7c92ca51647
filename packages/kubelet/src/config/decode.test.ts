import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeOptions, faultOf, manifest, podOf } from '../testing/manifest.ts';
import { decodeManifest } from './decode.ts';

test('a static pod gets the identity that Kubernetes gives it', () => {
  const { metadata, spec } = podOf(manifest());
  assert.equal(metadata.name, 'web-node-1');
  assert.equal(metadata.namespace, 'default');
  assert.match(metadata.uid, /^[0-9a-f]{32}$/);
  assert.deepEqual(metadata.annotations, {
    'kubernetes.io/config.hash': metadata.uid,
    'kubernetes.io/config.seen': '2026-11-23T20:08:12.000000000Z',
    'kubernetes.io/config.source': 'file',
  });
  assert.equal(spec.nodeName, 'Node-1');
  assert.deepEqual(spec.tolerations, [{ operator: 'Exists', effect: 'NoExecute' }]);
});

test('the UID follows the content, not its order or layout', () => {
  const uid = podOf(manifest()).metadata.uid;
  const yaml = [
    'kind: Pod',
    'apiVersion: v1',
    '# a comment',
    'spec: {containers: [{image: "nginx:1.27", name: main}]}',
    'metadata: {name: web, creationTimestamp: null}',
    'status: {phase: Running}',
  ].join('\n');
  assert.equal(podOf(yaml).metadata.uid, uid);
  assert.notEqual(podOf(manifest({ container: { args: ['x'] } })).metadata.uid, uid);
  assert.equal(podOf(manifest({ metadata: { uid: 'mine' } })).metadata.uid, 'mine');
});

test('defaults are those of the API server', () => {
  const { spec } = podOf(manifest());
  assert.equal(spec.restartPolicy, 'Always');
  assert.equal(spec.dnsPolicy, 'ClusterFirst');
  assert.equal(spec.schedulerName, 'default-scheduler');
  assert.equal(spec.terminationGracePeriodSeconds, 30);
  assert.equal(spec.enableServiceLinks, true);
  assert.deepEqual(spec.securityContext, {});
  assert.deepEqual(spec.containers, [
    {
      name: 'main',
      image: 'nginx:1.27',
      imagePullPolicy: 'IfNotPresent',
      resources: {},
      terminationMessagePath: '/dev/termination-log',
      terminationMessagePolicy: 'File',
    },
  ]);
  const { containers } = podOf(
    manifest({ container: { resources: { limits: { cpu: 0.5, memory: '1024Mi' } } } }),
  ).spec;
  assert.deepEqual(containers[0]?.resources.requests, { cpu: '500m', memory: '1Gi' });
  const host = podOf(
    manifest({ spec: { hostNetwork: true }, container: { ports: [{ containerPort: 80 }] } }),
  );
  assert.deepEqual(host.spec.containers[0]?.ports, [{ containerPort: 80, hostPort: 80, protocol: 'TCP' }]);
});

test('several documents and lists, each pod on its own', () => {
  const text = `---\n${manifest()}\n---\n---\nkind: Service\n---\napiVersion: v1\nkind: List\nitems:\n- ${manifest({ metadata: { name: 'two' } })}\n`;
  const decoded = decodeManifest(text, decodeOptions);
  assert.deepEqual(
    decoded.map((entry) => (entry.ok ? entry.pod.metadata.name : entry.message)),
    [
      'web-node-1',
      'kind: Unsupported value: "Service": supported values: "List", "Pod", "PodList"',
      'two-node-1',
    ],
  );
  const list = { apiVersion: 'v1', kind: 'PodList', items: [{ metadata: { name: 'bare' } }] };
  assert.equal(faultOf(JSON.stringify(list)), 'spec: Required value');
});

test('YAML is read as Kubernetes reads it', () => {
  const pod = podOf(
    [
      'apiVersion: v1',
      'kind: Pod',
      'metadata: {name: web, labels: &l {a: b}, annotations: {<<: *l, day: 2001-01-01}}',
      'spec:',
      '  hostNetwork: yes',
      '  securityContext: {runAsUser: 0o17}',
      '  containers: [{name: main, image: a, command: [22:22]}]',
    ]
      .join('\n')
      .replace('0o17', '017'),
  );
  assert.equal(pod.spec.hostNetwork, true);
  assert.equal(pod.spec.securityContext.runAsUser, 15);
  assert.equal(pod.metadata.annotations?.a, 'b');
  assert.equal(pod.metadata.annotations?.day, '2001-01-01');
  assert.deepEqual(pod.spec.containers[0]?.command, ['22:22']);
});

test('a text that is no YAML says where', () => {
  assert.throws(
    () => decodeManifest('apiVersion: v1\nkind: [Pod\n', decodeOptions),
    /not valid YAML: .*line 3/s,
  );
  assert.throws(() => decodeManifest('{"kind": "Pod",,}', decodeOptions), /not valid YAML/);
  const bomb = `a: &a [${'x,'.repeat(50)}]\nb: &b [${'*a,'.repeat(50)}]\nc: [${'*b,'.repeat(50)}]\n`;
  assert.throws(() => decodeManifest(bomb, decodeOptions), /excessive aliasing/);
  assert.match(faultOf('just a text'), /not a Kubernetes object/);
});
