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

/** A source that is told by the test what to say. */
function fakeSource(name: PodSource['name']): PodSource & { tell(update: Partial<PodUpdate>): void } {
  let onUpdate: (update: PodUpdate) => void = () => {};
  return {
    name,
    start: (listener) => {
      onUpdate = listener;
    },
    stop: async () => {},
    tell: (change) => onUpdate({ ...update(), source: name, ...change }),
  };
}

test('static pods run without the API server, and nothing else ends before it was heard', () => {
  const [file, api] = [fakeSource('file'), fakeSource('api')];
  const config = new PodConfig([file, api]);
  const seen: [pods: string, sourcesRead: boolean][] = [];
  let served = 0;
  config.start(
    (pods, _objects, sourcesRead) =>
      seen.push([pods.map(({ metadata }) => metadata.name).join(' '), sourcesRead]),
    () => {
      served += 1;
    },
  );
  assert.deepEqual(seen, []);
  file.tell({ pods: update('a').pods });
  assert.deepEqual(seen.at(-1), ['a-n', false]);
  api.tell({ pods: update('b').pods, served: new Map() });
  assert.deepEqual(seen.at(-1), ['a-n b-n', true]);
  api.tell({ op: 'reconcile', pods: update('b').pods, served: new Map() });
  assert.deepEqual([seen.length, served], [2, 2]);
});

test('a kubelet with the API server only begins before it was heard', () => {
  const api = fakeSource('api');
  const seen: boolean[] = [];
  new PodConfig([api]).start((_pods, _objects, sourcesRead) => seen.push(sourcesRead));
  api.tell({ served: new Map() });
  assert.deepEqual(seen, [false, true]);
});
