import assert from 'node:assert/strict';
import { test } from 'node:test';
import { redirectLog } from '../klog/klog.ts';
import { decodeOptions } from '../testing/manifest.ts';
import { decodeManifest } from './decode.ts';
import { PodConfig } from './pod-config.ts';
import type { PodSource, PodUpdate } from './pod-source.ts';

const node = { labels: {}, maxPods: 1, cpus: 1, memoryBytes: 1024 ** 3, ephemeralStorageBytes: 1024 ** 3 };

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
    entry.ok ? [entry.pod] : [],
  );
  const files = new Map(pods.map((pod) => [pod.metadata.uid, `/m/${pod.metadata.name}.yaml`]));
  return { op: 'set', source: 'file', pods, files, rejected: [] };
}

test('nothing is passed on before the source has spoken, and what runs is not pushed out', () => {
  let tell: (update: PodUpdate) => void = () => {};
  const source: PodSource = {
    name: 'file',
    start: (onUpdate) => {
      tell = onUpdate;
    },
    stop: async () => {},
  };
  const seen: string[] = [];
  const lines: string[] = [];
  const restore = redirectLog((line) => lines.push(line));
  const config = new PodConfig([source], { node, isFinished: () => false });
  config.start((pods) => seen.push(pods.map((pod) => pod.metadata.name).join(' ')));
  assert.deepEqual(seen, []);
  tell(update('b'));
  tell(update('a', 'b'));
  tell(update('a', 'b'));
  assert.deepEqual(seen, ['b-n', 'b-n', 'b-n']);
  assert.equal(lines.length, 1);
  const [rejected] = config.rejected();
  assert.equal(rejected?.file, '/m/a-n.yaml');
  assert.match(rejected?.message ?? '', /at most 1 \(--max-pods\)/);
  tell(update('a'));
  assert.equal(seen.at(-1), 'a-n');
  assert.deepEqual(config.rejected(), []);
  restore();
});
