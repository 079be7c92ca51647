import assert from 'node:assert/strict';
import { test } from 'node:test';
import { podKey } from '../api/pod.ts';
import { objectKey, refTo } from '../objects/objects.ts';
import { decodeOptions } from '../testing/manifest.ts';
import { decodeManifest } from './decode.ts';
import { combineFiles, failFile, type ManifestFile, updateFile } from './manifests.ts';

function decode(file: string, ...pods: { name: string; image?: string }[]) {
  const text = pods.map(({ name, image = 'a:1' }) =>
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name },
      spec: { containers: [{ name: 'c', image }] },
    }),
  );
  return decodeManifest(text.join('\n---\n'), {
    nodeName: 'n',
    file,
    seen: new Date(),
    validate: 'warn',
  });
}

const keys = (manifest: Pick<ManifestFile, 'pods'>): string[] => manifest.pods.map(podKey);

test('an unchanged pod stays the same object, a changed one is new, one left out ends', () => {
  const before = updateFile('f', undefined, decode('f', { name: 'a' }, { name: 'b' }, { name: 'c' }));
  const after = updateFile('f', before, decode('f', { name: 'a' }, { name: 'b', image: 'a:2' }));
  assert.deepEqual(keys(after), ['default/a-n', 'default/b-n']);
  assert.equal(after.pods[0], before.pods[0]);
  assert.notEqual(after.pods[1]?.metadata.uid, before.pods[1]?.metadata.uid);
});

test('a pod with a UID of its own is updated, and was seen when it was first read', () => {
  const read = (image: string, seen: number) =>
    decodeManifest(
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'a', uid: 'mine' },
        spec: { containers: [{ name: 'c', image }] },
      }),
      { nodeName: 'n', file: 'f', seen: new Date(seen), validate: 'warn' },
    );
  const one = updateFile('f', undefined, read('a:1', 0));
  const same = updateFile('f', one, read('a:1', 1000));
  const two = updateFile('f', same, read('a:2', 2000));
  assert.equal(same.pods[0], one.pods[0]);
  const pod = two.pods[0];
  assert.deepEqual([pod?.metadata.uid, pod?.spec.containers[0]?.image], ['mine', 'a:2']);
  assert.equal(pod?.metadata.annotations?.['kubernetes.io/config.seen'], '1970-01-01T00:00:00.000000000Z');
});

test('a pod that became invalid runs on as it was', () => {
  const before = updateFile('f', undefined, decode('f', { name: 'a' }, { name: 'b' }));
  const after = updateFile('f', before, decode('f', { name: 'a', image: '' }, { name: 'x', image: '' }));
  assert.deepEqual(keys(after), ['default/a-n']);
  assert.equal(after.pods[0], before.pods[0]);
  assert.deepEqual(after.rejected, [
    {
      file: 'f',
      pod: 'default/a-n',
      message: 'spec.containers[0].image: Required value',
      lastGoodRuns: true,
    },
    {
      file: 'f',
      pod: 'default/x-n',
      message: 'spec.containers[0].image: Required value',
      lastGoodRuns: false,
    },
  ]);
  const broken = failFile('f', after, 'not valid YAML');
  assert.deepEqual(keys(broken), ['default/a-n']);
  assert.deepEqual(broken.rejected, [{ file: 'f', message: 'not valid YAML', lastGoodRuns: true }]);
  const tail = updateFile('f', before, [{ ok: false, key: undefined, message: 'not valid YAML' }]);
  assert.deepEqual(tail.rejected, broken.rejected);
  assert.equal(tail.pods.length, before.pods.length);
});

test('a document that cannot be read keeps the pod that it was, and holds up no other', () => {
  const before = updateFile('f', undefined, decode('f', { name: 'a' }, { name: 'b' }));
  const halfWritten = [
    ...decode('f', { name: 'a', image: 'a:2' }),
    { ok: false as const, key: undefined, message: 'not valid YAML' },
  ];
  const after = updateFile('f', before, halfWritten);
  assert.deepEqual(keys(after), ['default/a-n', 'default/b-n']);
  assert.equal(after.pods[0]?.spec.containers[0]?.image, 'a:2');
  assert.equal(after.pods[1], before.pods[1]);
  const renamed = updateFile('f', updateFile('f', undefined, decode('f', { name: 'a' })), [
    ...decode('f', { name: 'x' }),
    { ok: false, key: undefined, message: 'not valid YAML' },
  ]);
  assert.deepEqual(keys(renamed), ['default/x-n']);
});

test('of two pods with one name the first file wins and both files are named', () => {
  const files = new Map<string, ManifestFile>([
    ['/m/2.yaml', updateFile('/m/2.yaml', undefined, decode('/m/2.yaml', { name: 'a' }, { name: 'b' }))],
    ['/m/1.yaml', updateFile('/m/1.yaml', undefined, decode('/m/1.yaml', { name: 'a' }))],
  ]);
  const { pods, rejected } = combineFiles(files);
  assert.deepEqual(pods.map(podKey), ['default/a-n', 'default/b-n']);
  assert.equal(rejected.length, 1);
  assert.equal(rejected[0]?.file, '/m/2.yaml');
  assert.match(
    rejected[0]?.message ?? '',
    /Duplicate value: pod default\/a-n is already defined by \/m\/1\.yaml/,
  );
});

const object = (kind: string, name: string, data: object, immutable = false) =>
  JSON.stringify({ apiVersion: 'v1', kind, metadata: { name }, data, immutable });
const read = (...texts: string[]) =>
  decodeManifest(texts.join('\n---\n'), { ...decodeOptions, nodeName: 'n', file: 'f' });
const objectsOf = ({ objects }: Pick<ManifestFile, 'objects'>) =>
  objects.map((each) => `${objectKey(refTo(each))} ${each.object.data.get('k')}`);

test('an object that became invalid stays as it was, one that goes is gone', () => {
  const before = updateFile(
    'f',
    undefined,
    read(object('ConfigMap', 'a', { k: '1' }), object('Secret', 's', {})),
  );
  const after = updateFile('f', before, read(object('ConfigMap', 'a', { k: '2', '?': '' })));
  assert.deepEqual(objectsOf(after), ['ConfigMap default/a 1']);
  assert.equal(after.objects[0], before.objects[0]);
  assert.deepEqual(
    after.rejected.map(({ object, pod, lastGoodRuns }) => [object, pod, lastGoodRuns]),
    [['ConfigMap default/a', undefined, true]],
  );
  assert.deepEqual(objectsOf(updateFile('f', after, read(object('ConfigMap', 'a', { k: '3' })))), [
    'ConfigMap default/a 3',
  ]);
  const broken = failFile('f', after, 'not valid YAML');
  assert.deepEqual(objectsOf(broken), ['ConfigMap default/a 1']);
  assert.equal(broken.rejected[0]?.lastGoodRuns, true);
});

test('an immutable object stays, whatever its file says', () => {
  const before = updateFile('f', undefined, read(object('ConfigMap', 'a', { k: '1' }, true)));
  const after = updateFile('f', before, read(object('ConfigMap', 'a', { k: '2' })));
  assert.deepEqual(objectsOf(after), ['ConfigMap default/a 1']);
  assert.equal(
    after.rejected[0]?.message,
    'immutable: Forbidden: field is immutable when `immutable` is set; data: Forbidden: field is immutable when `immutable` is set',
  );
  const gone = updateFile('f', after, read(object('ConfigMap', 'b', {})));
  assert.deepEqual(objectsOf(updateFile('f', gone, read(object('ConfigMap', 'a', { k: '2' })))), [
    'ConfigMap default/a 2',
  ]);
});

test('a document that cannot be read keeps the object that it was', () => {
  const before = updateFile('f', undefined, [
    ...decode('f', { name: 'a' }),
    ...read(object('ConfigMap', 'c', { k: '1' })),
  ]);
  const after = updateFile('f', before, [
    ...decode('f', { name: 'a' }),
    { ok: false, key: undefined, message: 'not valid YAML' },
  ]);
  assert.deepEqual([keys(after), objectsOf(after)], [['default/a-n'], ['ConfigMap default/c 1']]);
});

test('of two objects with one name the first file wins', () => {
  const file = (name: string, ...texts: string[]) =>
    [name, updateFile(name, undefined, read(...texts))] as const;
  const { objects, rejected } = combineFiles(
    new Map([
      file('/m/2', object('ConfigMap', 'a', { k: '2' }), object('Secret', 'a', {})),
      file('/m/1', object('ConfigMap', 'a', { k: '1' })),
    ]),
  );
  assert.deepEqual(objectsOf({ objects }), ['ConfigMap default/a 1', 'Secret default/a undefined']);
  assert.deepEqual(
    rejected.map(({ file, object, message }) => [file, object, message]),
    [
      [
        '/m/2',
        'ConfigMap default/a',
        'metadata.name: Duplicate value: ConfigMap default/a is already defined by /m/1; rename one or remove one of the two',
      ],
    ],
  );
});
