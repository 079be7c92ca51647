// ConfigMaps and Secrets as manifests have them, up to the bytes that pods get.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeManifest } from '../config/decode.ts';
import { decodeOptions, faultOf, objectOf, warningsOf } from '../testing/manifest.ts';
import { refTo } from './objects.ts';

const configMap = (fields: object, metadata: object = {}) =>
  JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c', ...metadata }, ...fields });
const secret = (fields: object, metadata: object = {}) =>
  JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 's', ...metadata }, ...fields });
const base64 = (text: string) => Buffer.from(text).toString('base64');
const texts = (data: ReadonlyMap<string, Buffer>) => [...data].map(([key, value]) => [key, value.toString()]);

test('a ConfigMap has its text and binary values, and no suffix in its name', () => {
  const { kind, object } = objectOf(
    configMap(
      { data: { a: '1', empty: '', no: null }, binaryData: { b: base64('2') } },
      { labels: { x: 'y' } },
    ),
  );
  assert.deepEqual(
    [kind, object.namespace, object.name, object.immutable],
    ['ConfigMap', 'default', 'c', false],
  );
  assert.deepEqual(texts(object.data), [
    ['a', '1'],
    ['empty', ''],
    ['no', ''],
    ['b', '2'],
  ]);
  assert.deepEqual(kind === 'ConfigMap' && object.binaryKeys, new Set(['b']));
});

test('stringData of a Secret replaces data', () => {
  const { kind, object } = objectOf(
    secret({
      immutable: true,
      data: { a: base64('1'), b: `${base64('long enough')}\n`, c: null },
      stringData: { a: '2' },
    }),
  );
  assert.deepEqual(texts(object.data), [
    ['a', '2'],
    ['b', 'long enough'],
    ['c', ''],
  ]);
  assert.deepEqual([object.immutable, kind === 'Secret' && object.type], [true, 'Opaque']);
});

test('the version follows the content, whatever its order', () => {
  const version = (text: string) => objectOf(text).object.resourceVersion;
  const one = version(secret({ stringData: { a: '1', b: '2' } }));
  assert.equal(version(secret({ data: { b: base64('2'), a: base64('1') } })), one);
  for (const other of [
    { stringData: { a: '1', b: '3' } },
    { stringData: { a: '1', bb: '2' } },
    { stringData: { a: '1', b: '2' }, type: 'x/y' },
    { stringData: { a: '1', b: '2' }, immutable: true },
  ]) {
    assert.notEqual(version(secret(other)), one);
  }
});

test('objects stand beside pods, in documents and in lists', () => {
  const text = `apiVersion: v1
kind: ConfigMap
metadata: { name: c, namespace: other }
data: { on: "1" }
---
apiVersion: v1
kind: List
items:
- ${secret({})}
- { apiVersion: v1, kind: Pod, metadata: { name: web }, spec: { containers: [{ name: main, image: a }] } }
---
apiVersion: v1
kind: SecretList
items:
- metadata: { name: t }
---
apiVersion: v1
kind: ConfigMapList
items:
- metadata: { name: d }
`;
  const found = decodeManifest(text, decodeOptions).map((entry) =>
    entry.ok
      ? entry.object
        ? Object.values(refTo(entry.object)).join(' ')
        : entry.pod?.metadata.name
      : entry.message,
  );
  assert.deepEqual(found, [
    'ConfigMap other c',
    'Secret default s',
    'web-node-1',
    'Secret default t',
    'ConfigMap default d',
  ]);
});

const key = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'";
const hidden = '"<secret contents redacted>"';
const mebibyte = 1024 * 1024;
const faults: [what: string, text: string, message: string | RegExp][] = [
  ['no name', configMap({}, { name: '' }), 'metadata.name: Required value: name or generateName is required'],
  [
    'a wrong name',
    configMap({}, { name: 'A' }),
    /^metadata\.name: Invalid value: "A": a lowercase RFC 1123 subdomain/,
  ],
  ['a wrong namespace', secret({}, { namespace: 'a.b' }), /^metadata\.namespace: Invalid value: "a\.b"/],
  ['a wrong label', secret({}, { labels: { a: '-' } }), /^metadata\.labels\[a\]: Invalid value/],
  ['a wrong key', configMap({ data: { 'a b': '' } }), `data[a b]: Invalid value: "a b": ${key}`],
  [
    'a key of a folder',
    configMap({ data: { '..': '' } }),
    'data[..]: Invalid value: "..": must not be \'..\'',
  ],
  [
    'a hidden key',
    secret({ data: { '..data': '' } }),
    'data[..data]: Invalid value: "..data": must not start with \'..\'',
  ],
  ['a long key', secret({ data: { ['k'.repeat(254)]: '' } }), /must be no more than 253 characters$/],
  [
    'a key in both',
    configMap({ data: { a: '' }, binaryData: { a: '' } }),
    'data[a]: Invalid value: "a": duplicate of key present in binaryData',
  ],
  [
    'no base64',
    configMap({ binaryData: { a: 'YQ' } }),
    'binaryData[a]: Invalid value: "YQ": illegal base64 data at input byte 0',
  ],
  [
    'a number',
    configMap({ data: { a: 1 } }),
    'data[a]: Invalid value: 1: must be a string: put it in quotes',
  ],
  ['a list', configMap({ data: ['a'] }), 'data: Invalid value: ["a"]: must be an object'],
  [
    'too much',
    configMap({ data: { a: 'x'.repeat(mebibyte) }, binaryData: { b: 'YQ==' } }),
    '[]: Too long: may not be more than 1048576 bytes',
  ],
  [
    'too much in a Secret',
    secret({ stringData: { a: 'x'.repeat(mebibyte + 1) } }),
    'data: Too long: may not be more than 1048576 bytes',
  ],
  [
    'no base64 in a Secret',
    secret({ data: { a: 'hunter2!' } }),
    `data[a]: Invalid value: ${hidden}: illegal base64 data at input byte 7`,
  ],
  [
    'a number in a Secret',
    secret({ stringData: { a: 4711 } }),
    `stringData[a]: Invalid value: ${hidden}: must be a string: put it in quotes`,
  ],
  [
    'an object in a Secret',
    secret({ data: { a: { b: 'hunter2' } } }),
    `data[a]: Invalid value: ${hidden}: must be a string`,
  ],
  ['a text for a Secret', secret({ data: 'hunter2' }), `data: Invalid value: ${hidden}: must be an object`],
  [
    'no JSON for a registry',
    secret({ type: 'kubernetes.io/dockerconfigjson', stringData: { '.dockerconfigjson': '{"hunter2' } }),
    `data[.dockerconfigjson]: Invalid value: ${hidden}: not a JSON object`,
  ],
  [
    'no key for a registry',
    secret({ type: 'kubernetes.io/dockerconfigjson' }),
    'data[.dockerconfigjson]: Required value',
  ],
  [
    'no key for an old registry',
    secret({ type: 'kubernetes.io/dockercfg' }),
    'data[.dockercfg]: Required value',
  ],
  [
    'no user',
    secret({ type: 'kubernetes.io/basic-auth' }),
    'data[username]: Required value; data[password]: Required value',
  ],
  [
    'no key of SSH',
    secret({ type: 'kubernetes.io/ssh-auth', stringData: { 'ssh-privatekey': '' } }),
    'data[ssh-privatekey]: Required value',
  ],
  [
    'no certificate',
    secret({ type: 'kubernetes.io/tls', stringData: { 'tls.key': 'x' } }),
    'data[tls.crt]: Required value',
  ],
  [
    'no owner of a token',
    secret({ type: 'kubernetes.io/service-account-token' }),
    'metadata.annotations[kubernetes.io/service-account.name]: Required value',
  ],
  [
    'no apiVersion',
    '{"kind":"Secret","metadata":{"name":"s"}}',
    'apiVersion: Required value: a Secret is of apiVersion v1',
  ],
];
for (const [what, text, message] of faults) {
  test(`refused: ${what}`, () => {
    const fault = faultOf(text);
    if (message instanceof RegExp) assert.match(fault, message);
    else assert.equal(fault, message);
    assert.doesNotMatch(fault, /hunter2|4711/);
  });
}

test('as much as an object may hold', () => {
  const { object } = objectOf(secret({ stringData: { a: 'x'.repeat(mebibyte) } }));
  assert.equal(object.data.get('a')?.length, mebibyte);
  const keys = Array.from({ length: 1000 }, (_, index) => [`key-${index}`, `${index}`]);
  assert.equal(objectOf(configMap({ data: Object.fromEntries(keys) })).object.data.size, 1000);
});

test('every type of Secret that is complete', () => {
  for (const [type, stringData, metadata] of [
    ['kubernetes.io/dockerconfigjson', { '.dockerconfigjson': '{}' }],
    ['kubernetes.io/dockercfg', { '.dockercfg': 'null' }],
    ['kubernetes.io/basic-auth', { password: '' }],
    ['kubernetes.io/ssh-auth', { 'ssh-privatekey': 'x' }],
    ['kubernetes.io/tls', { 'tls.crt': '', 'tls.key': '' }],
    [
      'kubernetes.io/service-account-token',
      {},
      { annotations: { 'kubernetes.io/service-account.name': 'a' } },
    ],
    ['constructor', {}],
  ] as const) {
    objectOf(secret({ type, stringData }, metadata));
  }
});

test('an unknown field is ignored with a warning, and refused to the author', () => {
  const text = secret({ stringdata: { a: 'hunter2' } });
  const warning = 'strict decoding error: unknown field "stringdata" (did you mean "stringData"?)';
  assert.deepEqual(warningsOf(text), [warning]);
  const [strict] = decodeManifest(text, { ...decodeOptions, validate: 'strict' });
  assert.ok(strict && !strict.ok);
  assert.equal(strict.key, 'Secret default/s');
  assert.match(strict.message, /^line 1, column \d+: strict decoding error: unknown field "stringdata"/);
});

test('no error of the text quotes a Secret', () => {
  const text = 'apiVersion: v1\nkind: Secret\nmetadata: { name: s }\nstringData:\n  a: *hunter2\n';
  assert.throws(() => decodeManifest(text, decodeOptions), {
    message:
      'not valid YAML: line 5, column 6: not as YAML has it; the text holds a Secret, so no part of it is shown',
  });
  const doubled = `${text.replace('*', '')}  a: b\n...\n}hunter2\n`;
  const [decoded] = decodeManifest(doubled, decodeOptions);
  assert.ok(decoded?.ok);
  assert.equal(decoded.warnings.length, 2);
  assert.doesNotMatch(decoded.warnings.join(), /hunter2/);
  assert.match(decoded.warnings.join(), /line 6, column 3: key "a" is already set/);
});
