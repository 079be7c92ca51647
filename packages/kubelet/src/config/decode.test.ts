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

test('what has no kind, or is a list without items, is refused', () => {
  for (const kind of [undefined, '', null]) {
    assert.match(
      faultOf(JSON.stringify({ kind, apiVersion: 'v1', metadata: { name: 'a' } })),
      /^kind: Required value/,
    );
  }
  assert.match(faultOf('{"kind":"PodList","apiVersion":"v1"}'), /^items: Required value/);
});

test('the UID follows the content, not its order or layout', () => {
  const uid = podOf(manifest()).metadata.uid;
  const yaml = [
    'kind: Pod',
    'apiVersion: v1',
    '# a comment',
    'spec: {containers: [{image: "nginx:1.27", name: main}]}',
    'metadata: {name: web, creationTimestamp: null}',
    'status: {}',
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

test('variables have the form that the API server gives them', () => {
  const file = { volumeName: 'v', path: 'p', key: 'KEY' };
  const { spec } = podOf(
    manifest({
      spec: { volumes: [{ name: 'v', emptyDir: {} }] },
      container: {
        env: [
          { name: 'EMPTY', value: '' },
          { name: 'FIELD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
          { name: 'FILE', valueFrom: { fileKeyRef: file } },
        ],
      },
    }),
  );
  assert.deepEqual(spec.containers[0]?.env, [
    { name: 'EMPTY' },
    { name: 'FIELD', valueFrom: { fieldRef: { fieldPath: 'metadata.name', apiVersion: 'v1' } } },
    { name: 'FILE', valueFrom: { fileKeyRef: { ...file, optional: false } } },
  ]);
});

test('several documents and lists, each pod on its own', () => {
  const text = `---\n${manifest()}\n---\n---\nkind: Service\n---\napiVersion: v1\nkind: List\nitems:\n- ${manifest({ metadata: { name: 'two' } })}\n`;
  const decoded = decodeManifest(text, decodeOptions);
  assert.deepEqual(
    decoded.map((entry) => (entry.ok ? entry.pod?.metadata.name : entry.message)),
    [
      'web-node-1',
      'kind: Unsupported value: "Service": supported values: "ConfigMap", "ConfigMapList", "List", "Pod", "PodList", "Secret", "SecretList"',
      'two-node-1',
    ],
  );
  const list = { apiVersion: 'v1', kind: 'PodList', items: [{ metadata: { name: 'bare' } }] };
  assert.equal(faultOf(JSON.stringify(list)), 'spec: Required value');
});

test('YAML is read as Kubernetes reads it', () => {
  const read = podOf(
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
  assert.equal(read.spec.hostNetwork, true);
  assert.equal(read.spec.securityContext.runAsUser, 15);
  assert.equal(read.metadata.annotations?.a, 'b');
  assert.equal(read.metadata.annotations?.day, '2001-01-01');
  assert.deepEqual(read.spec.containers[0]?.command, ['22:22']);
});

const pod = `apiVersion: v1
kind: Pod
metadata: { name: web }
spec:
  containers: [{ name: main, image: a }]
`;

const ignored: [what: string, text: string, warnings: RegExp[]][] = [
  [
    'an unknown field',
    pod.replace('image: a', 'image: a, imagee: b'),
    [/unknown field "spec\.containers\[0\]\.imagee"/],
  ],
  ['keys of its own', `${pod}x-mine: { a: 1 }\n`, [/unknown field "x-mine"/]],
  ['a key twice', `${pod}kind: Pod\n`, [/^line 6, column 1: key "kind" is already set$/]],
  ['a status', `${pod}status: { n: 9223372036854775807 }\n`, []],
  ['a tab before a comment', pod.replace('kind: Pod', 'kind: Pod\t# one'), []],
];
for (const [what, text, warnings] of ignored) {
  test(`a node runs a pod with ${what}, and tells of it`, () => {
    const [decoded, ...others] = decodeManifest(text, decodeOptions);
    assert.ok(decoded?.ok && decoded.pod && others.length === 0, JSON.stringify(decoded));
    assert.equal(decoded.pod.metadata.name, 'web-node-1');
    assert.equal(decoded.warnings.length, warnings.length, decoded.warnings.join());
    for (const [index, warning] of warnings.entries()) assert.match(decoded.warnings[index] ?? '', warning);
    assert.equal(decoded.pod.metadata.uid, podOf(pod).metadata.uid, 'what is ignored makes another pod');
  });
}

for (const [what, more] of [
  ['no YAML', 'a: [\n'],
  ['no pod', 'kind: Service\nmetadata: { name: web }\n'],
  ['text', 'just a text\n'],
] as const) {
  test(`a second document that is ${what} leaves the first`, () => {
    const [first, second] = decodeManifest(`${pod}---\n${more}`, decodeOptions);
    assert.ok(first?.ok);
    assert.ok(second && !second.ok);
  });
}

test('what follows the end of the first value is not read, and told', () => {
  const [decoded] = decodeManifest(`${pod}...\n}\n`, decodeOptions);
  assert.ok(decoded?.ok);
  assert.match(decoded.warnings.join(), /line 7, column 1: Unexpected/);
});

test('a manifest in UTF-16, with anchors, merge keys and all kinds of numbers', () => {
  const text = `x-defaults: &defaults { image: "a:1", tty: on, securityContext: { runAsUser: 0o17 } }
apiVersion: v1
kind: Pod
metadata: { name: web, annotations: { big: "9223372036854775807", octal: "0640" } }
spec:
  terminationGracePeriodSeconds: 1_0
  containers:
${Array.from({ length: 150 }, (_, index) => `  - { <<: *defaults, name: c${index}, ports: [{ containerPort: 0x50 }] }`).join('\n')}
`;
  for (const content of [text, Buffer.from(`\ufeff${text}`, 'utf16le'), Buffer.from(`\ufeff${text}`)]) {
    const [decoded] = decodeManifest(content, decodeOptions);
    assert.ok(decoded?.ok && decoded.pod, JSON.stringify(decoded));
    const { metadata, spec } = decoded.pod;
    assert.equal(spec.containers.length, 150);
    const last = spec.containers[149];
    assert.deepEqual(
      [last?.name, last?.image, last?.tty, last?.securityContext?.runAsUser, last?.ports?.[0]?.containerPort],
      ['c149', 'a:1', true, 15, 80],
    );
    assert.equal(spec.terminationGracePeriodSeconds, 10);
    assert.deepEqual(
      [metadata.annotations?.big, metadata.annotations?.octal],
      ['9223372036854775807', '0640'],
    );
  }
});

test('strict decoding makes errors of what a node ignores, with line and column', () => {
  const fault = (text: string): string => {
    const [decoded] = decodeManifest(text, { ...decodeOptions, validate: 'strict' });
    assert.ok(decoded && !decoded.ok, 'it was accepted');
    return decoded.message;
  };
  const items = `apiVersion: v1\nkind: List\nitems:\n- ${pod.trim().replaceAll('\n', '\n  ')}\n  x: 1\n`;
  const cases: [string, string][] = [
    [`${pod}kind: Pod\n`, 'line 6, column 1: key "kind" is already set'],
    [
      pod.replace('name: main', 'nam: main'),
      'line 5, column 18: strict decoding error: unknown field "spec.containers[0].nam" (did you mean "name"?); line 5, column 16: spec.containers[0].name: Required value',
    ],
    [
      pod.replace('name: web', 'name: web, labels: { a.b/c: 1 }'),
      'line 3, column 34: metadata.labels[a.b/c]: Invalid value: 1: must be a string: put it in quotes',
    ],
    [items, 'line 9, column 3: strict decoding error: unknown field "x"'],
    [
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'a' },
        spec: { containers: [], x: 1 },
      }),
      'line 1, column 81: strict decoding error: unknown field "spec.x"; line 1, column 65: spec.containers: Required value',
    ],
  ];
  for (const [text, message] of cases) assert.equal(fault(text), message);
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
