import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testPod } from '../../testing/pod.ts';
import { podFiles } from './from-pod.ts';

const node = { cpus: 4, memoryBytes: 2 ** 30, ephemeralStorageBytes: 2 ** 40 };
const pod = testPod(
  { containers: [{ name: 'main', resources: { limits: { cpu: '1500m' }, requests: { memory: '10Mi' } } }] },
  { labels: { tier: 'web', app: 'a "b"\n' }, annotations: { 'x.y/z': '1' } },
);

const values: [item: object, text: string][] = [
  [{ fieldRef: { fieldPath: 'metadata.name' } }, 'p'],
  [{ fieldRef: { fieldPath: 'metadata.namespace' } }, 'default'],
  [{ fieldRef: { fieldPath: 'metadata.uid' } }, 'u'],
  [{ fieldRef: { fieldPath: 'metadata.labels' } }, 'app="a \\"b\\"\\n"\ntier="web"'],
  [{ fieldRef: { fieldPath: 'metadata.annotations' } }, 'x.y/z="1"'],
  [{ fieldRef: { fieldPath: "metadata.labels['tier']" } }, 'web'],
  [{ fieldRef: { fieldPath: "metadata.labels['none']" } }, ''],
  [{ resourceFieldRef: { containerName: 'main', resource: 'limits.cpu' } }, '2'],
  [{ resourceFieldRef: { containerName: 'main', resource: 'limits.cpu', divisor: '1m' } }, '1500'],
  [{ resourceFieldRef: { containerName: 'main', resource: 'requests.memory', divisor: '1Mi' } }, '10'],
  [{ resourceFieldRef: { containerName: 'main', resource: 'limits.memory', divisor: '1Gi' } }, '1'],
];

for (const [item, text] of values) {
  test(`a file of ${JSON.stringify(item)}`, () => {
    const files = podFiles([{ path: 'f', ...item }], pod, { mode: 0o644 }, node);
    assert.deepEqual([...files], [['f', { data: Buffer.from(text), mode: 0o644, user: undefined }]]);
  });
}

test('without labels there is an empty file, with its own mode and owner', () => {
  const item = { path: 'f', mode: 0o400, user: 7, fieldRef: { fieldPath: 'metadata.labels' } };
  const bare = testPod({ containers: [{ name: 'main' }] });
  const files = podFiles([item], bare, { mode: 0o644, user: 5 }, node);
  assert.deepEqual([...files], [['f', { data: Buffer.alloc(0), mode: 0o400, user: 7 }]]);
});

test('a container that does not exist', () => {
  const item = { path: 'f', resourceFieldRef: { containerName: 'other', resource: 'limits.cpu' } };
  assert.throws(() => podFiles([item], pod, { mode: 0o644 }, node), /^Error: container other not found$/);
});
