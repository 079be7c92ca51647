import assert from 'node:assert/strict';
import { test } from 'node:test';
import { redirectLog } from '../../klog/klog.ts';
import { MetricsRegistry } from '../../metrics/registry.ts';
import { VolumeMetrics } from '../../metrics/volume-metrics.ts';
import { testPod } from '../../testing/pod.ts';
import { withoutSelinux, withSelinux } from '../../testing/selinux.ts';
import { CsiLabels } from './csi-labels.ts';
import { inlineCsiVolume, persistentCsiVolume } from './csi-volume.ts';

const request = { label: 'u:r:t:s0:c1', accessMode: 'inline' };
const pod = testPod({
  containers: [{ name: 'a' }],
  securityContext: { seLinuxOptions: { level: 's0:c1' } },
});
const inline = inlineCsiVolume(pod, 'v', { driver: 'd' });
const persistent = persistentCsiVolume(
  { metadata: { name: 'pv' }, spec: { csi: { driver: 'd', volumeHandle: 'h' } } },
  false,
);
const object = { spec: { seLinuxMount: true } };

function newLabels(selinux = withSelinux) {
  const registry = new MetricsRegistry();
  const labels = new CsiLabels({
    roots: { rootDir: '/none' },
    metrics: new VolumeMetrics(registry),
    selinux,
  });
  const counted = async () =>
    (await registry.text()).split('\n').filter((line) => line.startsWith('volume_manager_selinux'));
  return { labels, counted };
}

test('a volume that its pod describes itself is counted where its driver knows labels', async () => {
  const { labels, counted } = newLabels();
  labels.countInline({ volume: inline, object, request });
  labels.countInline({ volume: inline, object: { spec: {} }, request });
  labels.countInline({ volume: inline, object, request: { ...request, label: '' } });
  const of = 'access_mode="inline",volume_plugin="kubernetes.io/csi/d"';
  assert.deepEqual(await counted(), [`volume_manager_selinux_volumes_admitted_total{${of}} 1`]);
});

test('no volume is relabelled that has a label by its mount, can only be read, or is on a file system without labels', async () => {
  const { labels } = newLabels();
  for (const more of [{ label: 'u:r:t:s0' }, { isReadOnly: true }, {}]) {
    const prepared = await labels.prepared({ ...inline, ...more }, '/proc');
    assert.deepEqual(prepared, {
      from: 'node',
      path: '/proc',
      isReadOnly: 'isReadOnly' in more,
      isRelabelled: false,
    });
  }
});

test('a node without SELinux ignores labels, and tells of it', async () => {
  const lines: string[] = [];
  const restore = redirectLog((line) => void lines.push(line));
  try {
    const { labels } = newLabels(withoutSelinux);
    assert.ok(persistent);
    assert.equal(await labels.admit(pod, { volume: persistent, object, request }), persistent);
  } finally {
    restore();
  }
  assert.match(lines.join(), /Ignoring the SELinux label of a volume: this node has no SELinux.*volume="pv"/);
});
