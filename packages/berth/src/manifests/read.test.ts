import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { duplicates, parseManifest, readManifests } from './read.ts';
import type { Validation } from './validation.ts';

let dir = '';
before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'berth-manifests-'));
});
after(() => rm(dir, { recursive: true }));

const pod = (name: string, image = 'a') => `apiVersion: v1
kind: Pod
metadata: { name: ${name} }
spec:
  containers: [{ name: c, image: ${image} }]
`;
const parse = (text: string, source = 'f.yaml', validate: Validation = 'strict') =>
  parseManifest(source, text, { manifestDir: '/m', node: 'node', validate });

test('a manifest is placed by the name of its first pod', () => {
  const { target, pods } = parse(`${pod('one')}---\n${pod('two')}`);
  assert.equal(target, '/m/default-one.yaml');
  assert.deepEqual(
    pods.map(({ metadata }) => metadata.name),
    ['one-node', 'two-node'],
  );
  assert.equal(
    parse(pod('one')).pods[0]?.metadata.uid,
    parse(pod('one'), 'elsewhere.yaml').pods[0]?.metadata.uid,
  );
});

for (const [what, text, message] of [
  ['nothing in it', '', /^f\.yaml: there is no pod, ConfigMap or Secret in this file$/],
  [
    'a wrong field',
    pod('a').replace('image', 'imagee'),
    /^f\.yaml: pod default\/a-node: line 5, column 27: .*spec\.containers\[0\]\.imagee/,
  ],
  [
    'no image',
    pod('a', '""'),
    /^f\.yaml: pod default\/a-node: line 5, column 27: spec\.containers\[0\]\.image: Required value$/,
  ],
  [
    'a key twice',
    `${pod('a')}kind: Pod\n`,
    /^f\.yaml: pod .*: line 6, column 1: key "kind" is already set\n.*--val/,
  ],
  ['a second document', `${pod('a')}---\na: [\n`, /^f\.yaml: not valid YAML: line \d+, column \d+: /],
  [
    'a limit that nothing enforces',
    `${pod('a')}  volumes: [{ name: v, emptyDir: { sizeLimit: 1Mi } }]\n`,
    /line 6, column 36: spec\.volumes\[0\]\.emptyDir\.sizeLimit: Ignored: .*\n.*--validate=warn/,
  ],
] as const) {
  test(`refused: ${what}`, () => assert.throws(() => parse(text), { name: 'UserError', message }));
}

test('--validate says what becomes of what a node ignores', () => {
  const text = `${pod('a')}  containrs: []\nx-mine: 1\nkind: Pod\n`;
  const { pods, warnings } = parse(text, 'f.yaml', 'warn');
  assert.deepEqual(
    warnings.map((warning) => warning.replace(/^f\.yaml: pod default\/a-node: /, '')),
    [
      'line 8, column 1: key "kind" is already set',
      'strict decoding error: unknown field "spec.containrs" (did you mean "containers"?)',
      'strict decoding error: unknown field "x-mine"',
    ],
  );
  assert.deepEqual(parse(text, 'f.yaml', 'ignore').warnings, []);
  assert.equal(parse(text, 'f.yaml', 'ignore').pods[0]?.metadata.uid, pods[0]?.metadata.uid);
  assert.throws(() => parse(pod('a', '""'), 'f.yaml', 'ignore'), /image: Required value$/);
});

const configMap = 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: c }\n';

test('objects are placed with the first pod, or by their kind and name', () => {
  const both = parse(`${configMap}---\n${pod('one')}`);
  assert.equal(both.target, '/m/default-one.yaml');
  assert.deepEqual(both.objects, [{ kind: 'ConfigMap', namespace: 'default', name: 'c' }]);
  assert.equal(parse(configMap).target, '/m/configmap-default-c.yaml');
  assert.deepEqual(parse(configMap).pods, []);
  assert.deepEqual(duplicates([parse(configMap, '1'), parse(configMap, '2')]), [
    '2: ConfigMap default/c is already defined by 1',
  ]);
  const { warnings } = parse(`${configMap}dat: {}\n`, 'f.yaml', 'warn');
  assert.deepEqual(warnings, [
    'f.yaml: ConfigMap default/c: strict decoding error: unknown field "dat" (did you mean "data"?)',
  ]);
});

test('one pod in two files', () => {
  assert.deepEqual(duplicates([parse(pod('a'), '1'), parse(pod('b'), '2'), parse(pod('a'), '3')]), [
    '3: pod default/a is already defined by 1',
  ]);
});

test('files and directories are read, and every fault is told at once', async () => {
  const from = join(dir, 'from');
  await mkdir(from);
  await writeFile(join(from, 'a.yaml'), pod('a'));
  await writeFile(join(from, 'b.json'), JSON.stringify({ kind: 'Pod' }));
  await writeFile(join(from, 'c.yml'), '{');
  await writeFile(join(from, 'README.md'), 'x');
  await assert.rejects(readManifests([from], '/m', 'strict'), { message: /b\.json: .*\n.*c\.yml: / });
  await assert.rejects(readManifests([join(from, 'absent')], '/m', 'strict'), /absent: no such file/);
  await assert.rejects(readManifests([join(from, 'none'), join(from, 'absent')], '/m', 'strict'), {
    message: `${from}/none: no such file or directory\n${from}/absent: no such file or directory`,
  });
  const url = 'http://127.0.0.1:1/pod.yaml';
  await assert.rejects(readManifests([url], '/m', 'strict'), {
    message: /^http:\S+yaml: (?!http).*connection refused$/,
  });
  await assert.rejects(
    readManifests([dir], '/m', 'strict'),
    /no \.yaml, \.yml or \.json file in this directory/,
  );
  assert.equal((await readManifests([join(from, 'a.yaml')], '/m', 'strict')).length, 1);
});
