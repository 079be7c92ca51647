import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeOptions } from '../testing/manifest.ts';
import { decodeManifest } from './decode.ts';
import { PodConfig } from './pod-config.ts';
import type { PodSource, PodUpdate } from './pod-source.ts';

function update(...names: string[]): PodUpdate {
  const text = names.map((name) =>
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name },
      spec: { containers: [{ name: 'c', image: 'a' }] },
    }),
  );
  const pods = decodeManifest(text.join('\n---\n'), { ...decodeOptions, nodeName: 'n' }).flatMap((entry) =>
    entry.ok && entry.pod ? [entry.pod] : [],
  );
  const files = new Map(pods.map((pod) => [pod.metadata.uid, `/m/${pod.metadata.name}.yaml`]));
  return { op: 'set', source: 'file', pods, objects: [], files, rejected: [] };
}

test('nothing is passed on before the source has spoken, and a pod that is not admitted has its file', () => {
  let tell: (update: PodUpdate) => void = () => {};
  const source: PodSource = {
    name: 'file',
    start: (onUpdate) => {
      tell = onUpdate;
    },
    stop: async () => {},
  };
  const seen: string[] = [];
  const config = new PodConfig([source]);
  config.start((pods) => seen.push(pods.map((pod) => pod.metadata.name).join(' ')));
  assert.deepEqual(seen, []);
  const { pods, ...rest } = update('a', 'b');
  tell({ ...rest, pods });
  assert.deepEqual(seen, ['a-n b-n']);
  assert.deepEqual(config.rejected(), []);
  const [first] = pods;
  assert.ok(first);
  assert.deepEqual(config.asRejected(first, 'too large'), {
    file: '/m/a-n.yaml',
    pod: 'default/a-n',
    message: 'too large',
    lastGoodRuns: false,
  });
});
