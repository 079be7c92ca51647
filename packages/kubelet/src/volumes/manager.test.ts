import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { testPod } from '../testing/pod.ts';
import { VolumeManager } from './manager.ts';
import type { VolumePlugin } from './plugin.ts';

const rootDir = mkdtempSync(join(tmpdir(), 'volume-manager-'));
after(() => rmSync(rootDir, { recursive: true }));

const removed: string[] = [];
const plugins: VolumePlugin[] = [
  {
    kind: 'emptyDir',
    setUp: async (pod, { name }) => `/made/${pod.metadata.uid}/${name}`,
    onDisk: {
      directory: 'kubernetes.io~empty-dir',
      tearDown: async (path) => void removed.push(path.slice(rootDir.length)),
    },
  },
  {
    kind: 'hostPath',
    setUp: async (_pod, { hostPath }) => {
      if (hostPath?.path === '/none') throw new Error('/none is not a directory');
      return hostPath?.path ?? '';
    },
  },
];
const manager = new VolumeManager({ rootDir }, plugins);
const podWith = (...volumes: object[]) =>
  testPod({
    containers: [{ name: 'a' }],
    volumes: volumes.map((volume, index) => ({ name: `v${index}`, ...volume })),
  });

test('each volume is made by the plugin of its kind', async () => {
  const paths = await manager.setUp(podWith({ hostPath: { path: '/data' } }, { emptyDir: {} }));
  assert.deepEqual(
    [...paths],
    [
      ['v0', '/data'],
      ['v1', '/made/u/v1'],
    ],
  );
});

test('a failure names the volume, and so does a kind without a plugin', async () => {
  await assert.rejects(manager.setUp(podWith({ hostPath: { path: '/none' } })), {
    message: 'MountVolume.SetUp failed for volume "v0" : /none is not a directory',
  });
  await assert.rejects(manager.setUp(podWith({ nfs: { server: 's', path: '/' } })), {
    message:
      'MountVolume.SetUp failed for volume "v0" : this kubelet knows only emptyDir and hostPath volumes',
  });
});

test('volumes on disk are torn down by their plugin, without the manifest, before the folder goes', async () => {
  mkdirSync(join(rootDir, 'pods/gone/volumes/kubernetes.io~empty-dir/cache'), { recursive: true });
  await manager.tearDown('gone');
  assert.deepEqual(removed, ['/pods/gone/volumes/kubernetes.io~empty-dir/cache']);
  assert.ok(!readdirSync(join(rootDir, 'pods')).includes('gone'));
  await manager.tearDown('never there');
});
