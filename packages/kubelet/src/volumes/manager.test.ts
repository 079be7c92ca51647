import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { CriError } from '@berth/cri/errors/cri-error.ts';
import { redirectLog } from '../klog/klog.ts';
import { NotedEvents } from '../testing/noted-events.ts';
import { testPod } from '../testing/pod.ts';
import { VolumeManager } from './manager.ts';
import type { PreparedVolume, VolumePlugin } from './plugin.ts';
import { inStep, MapError, mountingPersistent, VolumeRefusal, VolumeWait } from './volume-error.ts';

const rootDir = mkdtempSync(join(tmpdir(), 'volume-manager-'));
after(() => rmSync(rootDir, { recursive: true }));
const { signal } = new AbortController();

/** Which volumes were set up, and the failure of the next ones. */
let made: string[] = [];
let failure: string | undefined;
const removed: string[] = [];
const setUp: VolumePlugin['setUp'] = async (pod, { name }) => {
  if (failure) throw new Error(failure);
  made.push(name);
  return at(`/made/${pod.metadata.uid}/${name}`);
};
const plugins: VolumePlugin[] = [
  {
    kind: 'emptyDir',
    isLive: false,
    setUp,
    onDisk: {
      directory: 'kubernetes.io~empty-dir',
      tearDown: async (path) => void removed.push(path.slice(rootDir.length)),
    },
  },
  { kind: 'configMap', isLive: true, setUp },
];
const events = new NotedEvents();
const newManager = () => new VolumeManager({ rootDir }, plugins, events);

function at(path: string): PreparedVolume {
  return { from: 'node', path, isReadOnly: false, isRelabelled: true };
}

function podWith(...volumes: object[]) {
  const named = volumes.map((volume, index) => ({ name: `v${index}`, ...volume }));
  const volumeMounts = named.map(({ name }) => ({ name, mountPath: `/${name}` }));
  return testPod({ containers: [{ name: 'a', volumeMounts }], volumes: named });
}

test('each volume is made once, and a live one brought up to date', async () => {
  const manager = newManager();
  const pod = podWith({ configMap: {} }, { emptyDir: {} });
  for (const wanted of [['v0', 'v1'], ['v0']]) {
    made = [];
    assert.deepEqual(
      [...(await manager.setUp(pod, signal))],
      [
        ['v0', at('/made/u/v0')],
        ['v1', at('/made/u/v1')],
      ],
    );
    assert.deepEqual(made, wanted);
  }
  made = [];
  await manager.refresh(pod, signal);
  assert.deepEqual(made, ['v0']);
  made = [];
  await manager.setUp(podWith({ configMap: {} }, { emptyDir: { medium: 'Memory' } }), signal);
  assert.deepEqual(made, ['v0', 'v1']);
});

test('a failure names the volume and the next attempt, and so does a kind without a plugin', async () => {
  const manager = newManager();
  failure = 'configmap "c" not found';
  const began = Date.now();
  await assert.rejects(
    manager.setUp(podWith({ configMap: {} }), signal),
    (error: Error & { retryAt: number }) => {
      assert.equal(error.message, 'MountVolume.SetUp failed for volume "v0" : configmap "c" not found');
      assert.ok(error.retryAt >= began + 500 && error.retryAt <= Date.now() + 500);
      return true;
    },
  );
  failure = undefined;
  await manager.setUp(podWith({ configMap: {} }), signal);
  await assert.rejects(manager.setUp(podWith({ nfs: { server: 's', path: '/' } }), signal), {
    message:
      'MountVolume.SetUp failed for volume "v0" : this kubelet knows only these kinds of volumes: emptyDir, configMap',
  });
});

test('a failure before the volume is set up names the step', async () => {
  const failing: VolumePlugin = {
    kind: 'iscsi',
    isLive: false,
    setUp: () => inStep('WaitForAttach', () => Promise.reject(new Error('no portal'))),
  };
  const manager = new VolumeManager({ rootDir }, [failing], events);
  await assert.rejects(manager.setUp(podWith({ iscsi: {} }), signal), {
    message: 'MountVolume.WaitForAttach failed for volume "v0" : no portal',
  });
});

test('a failure of a persistent volume names that, and its step', async () => {
  const failing = (fail: () => Promise<never>): VolumeManager => {
    const setUp = () => mountingPersistent('pv', fail);
    return new VolumeManager({ rootDir }, [{ kind: 'persistentVolumeClaim', isLive: false, setUp }], events);
  };
  const pod = podWith({ persistentVolumeClaim: { claimName: 'c' } });
  const refused = () => Promise.reject(new CriError('INTERNAL', 'it is broken'));
  await assert.rejects(failing(refused).setUp(pod, signal), {
    message: 'MountVolume.SetUp failed for volume "pv" : rpc error: code = Internal desc = it is broken',
  });
  await assert.rejects(failing(() => inStep('MountDevice', refused)).setUp(pod, signal), {
    message:
      'MountVolume.MountDevice failed for volume "pv" : rpc error: code = Internal desc = it is broken',
  });
  const waits = () => Promise.reject(new VolumeWait('it is not attached', 1000));
  await assert.rejects(failing(waits).setUp(pod, signal), { message: 'it is not attached' });
});

test('a volume that no container uses is left alone', async () => {
  const claim: VolumePlugin = { kind: 'persistentVolumeClaim', isLive: true, setUp };
  const manager = new VolumeManager({ rootDir }, [claim], events);
  const pod = testPod({
    containers: [{ name: 'a', volumeMounts: [{ name: 'used', mountPath: '/v' }] }],
    volumes: ['used', 'other'].map((name) => ({ name, persistentVolumeClaim: { claimName: name } })),
  });
  made = [];
  assert.deepEqual([...(await manager.setUp(pod, signal)).keys()], ['used']);
  await manager.refresh(pod, signal);
  assert.deepEqual(made, ['used', 'used']);
});

test('a volume that waits for others is no failure: no event, and another look when it says', async () => {
  const waiting: VolumePlugin = {
    kind: 'emptyDir',
    isLive: false,
    setUp: () => Promise.reject(new VolumeWait('it is not attached', 10_000)),
  };
  const noted = new NotedEvents();
  const manager = new VolumeManager({ rootDir }, [waiting], noted);
  const began = Date.now();
  await assert.rejects(
    manager.setUp(podWith({ emptyDir: {} }), signal),
    (error: Error & { retryAt: number }) => {
      assert.equal(error.message, 'it is not attached');
      assert.ok(error.retryAt >= began + 10_000);
      return true;
    },
  );
  assert.deepEqual(noted.lines, []);
});

for (const [isProcessed, failed] of [
  [true, ''],
  [false, 'v0'],
] as const) {
  test(`a volume that is not mounted ${isProcessed ? 'yet' : 'so'} is told of without a step`, async () => {
    const refuse = () => Promise.reject(new VolumeRefusal('it is elsewhere', { isProcessed }));
    const setUp = () => mountingPersistent('pv', () => inStep('SetUp', refuse));
    const noted = new NotedEvents();
    const plugin: VolumePlugin = { kind: 'persistentVolumeClaim', isLive: false, setUp };
    const manager = new VolumeManager({ rootDir }, [plugin], noted);
    const state = `unmounted volumes=[v0], unattached volumes=[], failed to process volumes=[${failed}]`;
    const told = `Unable to attach or mount volumes: ${state}: it is elsewhere`;
    const pod = podWith({ persistentVolumeClaim: { claimName: 'c' } });
    await assert.rejects(manager.setUp(pod, signal), { message: told });
    assert.deepEqual(noted.lines, [`Warning FailedMount default/p: ${told}`]);
  });
}

test('a block device that cannot be made is told of with its step', async () => {
  const device: VolumePlugin = {
    kind: 'persistentVolumeClaim',
    isLive: false,
    setUp: () => Promise.reject(new MapError('MapBlockVolume failed', 'pv', new Error('it is no device'))),
  };
  const noted = new NotedEvents();
  const manager = new VolumeManager({ rootDir }, [device], noted);
  const told = 'MapVolume.MapBlockVolume failed for volume "pv" : it is no device';
  await assert.rejects(manager.setUp(podWith({ persistentVolumeClaim: { claimName: 'c' } }), signal), {
    message: told,
  });
  assert.deepEqual(noted.lines, [`Warning FailedMapVolume default/p: ${told}`]);
});

test('a live volume that cannot be brought up to date stays as it is, and is logged once', async () => {
  const lines: string[] = [];
  const restore = redirectLog((line) => void lines.push(line));
  try {
    const manager = newManager();
    const pod = podWith({ configMap: {} });
    const first = await manager.setUp(pod, signal);
    failure = 'configmap "c" not found';
    assert.deepEqual(await manager.setUp(pod, signal), first);
    await manager.refresh(pod, signal);
    assert.equal(lines.length, 1);
    assert.match(
      lines[0] ?? '',
      /MountVolume\.SetUp failed for volume \\"v0\\" : configmap \\"c\\" not found/,
    );
    failure = undefined;
    await manager.refresh(pod, signal);
    failure = 'configmap "c" not found';
    await manager.refresh(pod, signal);
    assert.equal(lines.length, 2);
    const told = 'MountVolume.SetUp failed for volume "v0" : configmap "c" not found';
    assert.deepEqual(events.lines.slice(-2), Array(2).fill(`Warning FailedMount default/p: ${told}`));
  } finally {
    failure = undefined;
    restore();
  }
});

test('volumes on disk are torn down by their plugin, without the manifest, before the folder goes', async () => {
  const manager = newManager();
  mkdirSync(join(rootDir, 'pods/gone/volumes/kubernetes.io~empty-dir/cache'), { recursive: true });
  await manager.tearDown('gone');
  assert.deepEqual(removed, ['/pods/gone/volumes/kubernetes.io~empty-dir/cache']);
  assert.ok(!readdirSync(join(rootDir, 'pods')).includes('gone'));
  await manager.tearDown('never there');
});
