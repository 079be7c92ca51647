import assert from 'node:assert/strict';
import { test } from 'node:test';
import { podKey } from '../api/pod.ts';
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
