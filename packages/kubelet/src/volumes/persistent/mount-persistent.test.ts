import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MetricsRegistry } from '../../metrics/registry.ts';
import { VolumeMetrics } from '../../metrics/volume-metrics.ts';
import { FakeApi } from '../../testing/fake-api.ts';
import { NotedEvents } from '../../testing/noted-events.ts';
import { testPod } from '../../testing/pod.ts';
import { withoutSelinux } from '../../testing/selinux.ts';
import { FilesystemMismatch, inStep, VolumeWait } from '../volume-error.ts';
import { mountPersistent } from './mount-persistent.ts';

const pod = testPod({ containers: [{ name: 'main' }] });
const volume = {
  metadata: { name: 'pv', uid: 'v' },
  spec: { iscsi: { targetPortal: '127.0.0.1', iqn: 'iqn.2026-11.dev.berth:t', lun: 1, fsType: 'xfs' } },
};

/** Mounts the volume, which fails; the events that this makes. */
async function eventsOf(failure: unknown): Promise<string[]> {
  const events = new NotedEvents();
  const none = () => Promise.reject(new Error('the volume is of iSCSI'));
  const ports = {
    roots: { rootDir: '/none' },
    client: new FakeApi().client,
    csi: { mount: none, stats: none },
    iscsi: { mount: () => inStep('MountDevice', () => Promise.reject(failure)) },
    local: { mount: none },
    node: () => undefined,
    events,
    selinux: withoutSelinux,
    metrics: new VolumeMetrics(new MetricsRegistry()),
  };
  const { signal } = new AbortController();
  const mounting = mountPersistent(ports, pod, volume, {
    volume: 'v',
    isReadOnly: false,
    isRepeated: false,
    signal,
  });
  await assert.rejects(mounting, { message: failure instanceof Error ? failure.message : '' });
  return events.lines;
}

test('a volume is told of a disk with another file system, and of no other failure', async () => {
  assert.deepEqual(await eventsOf(new FilesystemMismatch('mount failed: exit status 32')), [
    'Warning FailedMountOnFilesystemMismatch pv: MountVolume failed for volume "pv" mount failed: exit status 32',
  ]);
  for (const other of [new Error('mount failed: exit status 32'), new VolumeWait('it is not attached', 1000)])
    assert.deepEqual(await eventsOf(other), []);
});
