import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MetricsRegistry } from '../../metrics/registry.ts';
import { SelinuxMetrics } from '../../metrics/selinux-metrics.ts';
import { type LabelledVolume, VolumeLabels } from './volume-labels.ts';

const id = 'kubernetes.io/csi/d^h';

/** Labels, with what was counted so far, by family without its prefix. */
function newLabels() {
  const registry = new MetricsRegistry();
  const labels = new VolumeLabels(new SelinuxMetrics(registry));
  return {
    labels,
    admit: (
      uid: string,
      label: string,
      found?: Parameters<VolumeLabels['admit']>[2],
      more: Partial<LabelledVolume> = {},
    ) =>
      labels.admit(
        uid,
        {
          id,
          name: id,
          specName: 'pv',
          plugin: 'kubernetes.io/csi/d',
          isSupported: true,
          request: { label, accessMode: 'RWO' },
          ...more,
        },
        found,
      ),
    counted: async () =>
      (await registry.families()).flatMap(({ name, samples }) =>
        samples.map(
          ({ labels, value }) => `${name.replace('volume_manager_selinux_', '')} ${labels} ${value}`,
        ),
      ),
  };
}

const rwo = 'access_mode="RWO",volume_plugin="kubernetes.io/csi/d"';
const conflict = { name: 'VolumeRefusal', isProcessed: false };
const mounted = (label: string) => ({ label, isOwn: false });

test('pods with one label share a volume, which is counted once', async () => {
  const { admit, counted } = newLabels();
  assert.equal(admit('a', 'x'), 'x');
  assert.equal(admit('b', 'x', mounted('x')), 'x');
  assert.equal(admit('a', 'x', { label: 'x', isOwn: true }), 'x');
  assert.deepEqual(await counted(), [`volumes_admitted_total ${rwo} 1`]);
});

test('a pod with another label is refused as long as one uses the volume, and then as long as that is mounted', async () => {
  const { labels, admit, counted } = newLabels();
  admit('a', 'x');
  const message = 'conflicting SELinux labels of volume pv: "x" and "y"';
  assert.throws(() => admit('b', 'y', mounted('x')), { ...conflict, message });
  labels.forget('a');
  assert.throws(() => admit('b', 'y', mounted('x')), {
    name: 'VolumeRefusal',
    isProcessed: true,
    message: `waiting for unmount of volume "${id}", because it is already mounted to a different pod with a different SELinux label`,
  });
  assert.deepEqual(labels.unmounted(id), ['b']);
  assert.deepEqual(labels.unmounted(id), []);
  assert.equal(admit('b', 'y'), 'y');
  assert.deepEqual(await counted(), [
    `volumes_admitted_total ${rwo} 2`,
    `volume_context_mismatch_errors_total ${rwo} 1`,
  ]);
});

test('a pod that waits keeps nobody from the volume', () => {
  const { labels, admit } = newLabels();
  assert.throws(() => admit('b', 'y', mounted('x')));
  // The earlier kubelet has mounted it for the pod.
  assert.equal(admit('a', 'x', { label: 'x', isOwn: true }), 'x');
  labels.forget('b');
  assert.deepEqual(labels.unmounted(id), []);
});

test('what an earlier kubelet has mounted for a pod decides', () => {
  const { admit } = newLabels();
  assert.equal(admit('a', 'x', { label: 'w', isOwn: true }), 'w');
  const message = 'conflicting SELinux labels of volume pv: "w" and "x"';
  assert.throws(() => admit('b', 'x', mounted('w')), { ...conflict, message });
});

test('a volume that pods describe themselves is mounted without a label, and other labels are warnings', async () => {
  const { admit, counted } = newLabels();
  const own = (label: string) => ({ request: { label, accessMode: 'inline' } });
  assert.equal(admit('a', '', undefined, own('x')), '');
  assert.equal(admit('b', '', mounted(''), own('y')), '');
  const inline = rwo.replace('RWO', 'inline');
  assert.deepEqual(await counted(), [
    `volumes_admitted_total ${inline} 1`,
    `volume_context_mismatch_warnings_total ${inline} 1`,
  ]);
});

test('a plugin that cannot mount with labels ignores them', async () => {
  const { admit, counted } = newLabels();
  assert.equal(admit('a', 'x', undefined, { isSupported: false }), '');
  assert.equal(admit('b', 'y', mounted(''), { isSupported: false }), '');
  assert.deepEqual(await counted(), []);
});
