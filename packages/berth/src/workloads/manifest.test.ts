import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expandManifest } from './manifest.ts';

const origin = { nodeName: 'n', file: 'f.yaml', seen: new Date(0) };
const expand = (text: string) => expandManifest(text, origin);
const lines = (text: string) =>
  expand(text)?.problems.map(
    ({ subject, message, isIgnored }) => `${subject}: ${message}${isIgnored ? ' (ignored)' : ''}`,
  );

const deployment = `apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers:
      - { name: c, image: a }
`;
const configMap = 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: c }\ndata: { a: "1" }\n';
const pod =
  'apiVersion: v1\nkind: Pod\nmetadata: { name: p }\nspec: { containers: [{ name: c, image: a }] }\n';

test('a manifest without workloads stays as it is', () => {
  assert.equal(expand(`${pod}---\n${configMap}`), undefined);
  assert.equal(expand('a: ['), undefined);
  assert.equal(expand('kind: Unknown\n'), undefined);
});

test('pods take the place of a workload; what else is there stays', () => {
  const { text, problems, notes } = expand(`${deployment}---\n${configMap}`) ?? {};
  assert.deepEqual(problems, []);
  assert.deepEqual(notes, []);
  const one = (name: string) => `apiVersion: v1
kind: Pod
metadata:
  labels:
    app: web
  name: ${name}
spec:
  containers:
  - image: a
    name: c
`;
  assert.equal(
    text,
    `${one('web-0')}---\n${one('web-1')}---\napiVersion: v1\ndata:\n  a: "1"\nkind: ConfigMap\nmetadata:\n  name: c\n`,
  );
});

test('a List of anything', () => {
  const items = [deployment, configMap]
    .map((item) => `- ${item.trimEnd().replaceAll('\n', '\n  ')}`)
    .join('\n');
  const list = `apiVersion: v1\nkind: List\nitems:\n${items}\n`;
  assert.equal(expand(list)?.text, expand(`${deployment}---\n${configMap}`)?.text);
  assert.deepEqual(lines(list.replace('name: c, image: a', 'name: c, imagee: a')), [
    'Deployment default/web: line 14, column 22: strict decoding error: unknown field "spec.containers[0].imagee" (did you mean "image"?); line 14, column 11: spec.containers[0].image: Required value',
  ]);
});

for (const [what, text, expected] of [
  [
    'a fault of the template is told once, with its place',
    deployment.replace('image: a', 'image: ""'),
    ['Deployment default/web: line 11, column 20: spec.containers[0].image: Required value'],
  ],
  [
    'a fault of the workload',
    deployment.replace('replicas: 2', 'replicas: -1'),
    [
      'Deployment default/web: line 5, column 3: spec.replicas: Invalid value: -1: must be a whole number, 0 or more',
    ],
  ],
  [
    'a fault of another pod',
    `${deployment}---\n${pod.replace('image: a', 'image: ""')}`,
    ['pod default/p-n: line 16, column 33: spec.containers[0].image: Required value'],
  ],
  [
    'a key twice',
    `${deployment}kind: Deployment\n`,
    ['Deployment default/web: line 12, column 1: key "kind" is already set (ignored)'],
  ],
  [
    'a kind of clusters',
    `${deployment}---\napiVersion: v1\nkind: Service\nmetadata: { name: web }\n`,
    [
      'Service default/web: a node has no Services; give a container port a hostPort, which is open on this machine, use the IP of a pod, or join a cluster (ignored)',
    ],
  ],
  [
    'a document that is no YAML',
    `${deployment}---\na: [\n`,
    [
      'undefined: not valid YAML: line 14, column 1: Flow sequence in block collection must be sufficiently indented and end with a ]',
    ],
  ],
] as const) {
  test(`problems: ${what}`, () => assert.deepEqual(lines(text), expected));
}
