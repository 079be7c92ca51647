import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { MetricsRegistry } from '../../metrics/registry.ts';
import { VolumeMetrics } from '../../metrics/volume-metrics.ts';
import type { Secret } from '../../objects/types.ts';
import { testPod } from '../../testing/pod.ts';
import { withSelinux } from '../../testing/selinux.ts';
import type { IscsiVolume } from '../iscsi/iscsi-volumes.ts';
import { iscsiPlugin } from './iscsi.ts';

const rootDir = mkdtempSync(join(tmpdir(), 'iscsi-plugin-'));
after(() => rmSync(rootDir, { recursive: true }));
const source = { targetPortal: 'p', iqn: 'iqn.2026-11.dev.berth:t', lun: 1 };
const pod = testPod({ containers: [{ name: 'a' }] });
const { signal } = new AbortController();

/** The plugin, with what it asks for. */
function pluginWith(secret?: Secret) {
  const mounted: IscsiVolume[] = [];
  const released: string[] = [];
  const prepared = { from: 'node', path: '/v', isReadOnly: false, isRelabelled: true } as const;
  const plugin = iscsiPlugin({
    volumes: {
      mount: async (_pod, volume) => {
        mounted.push(volume);
        return prepared;
      },
      release: (uid) => void released.push(uid),
    },
    objects: { secret: () => secret },
    selinux: withSelinux,
    metrics: new VolumeMetrics(new MetricsRegistry()),
  });
  return { plugin, mounted, released };
}

test('a volume is mounted as its pod says', async () => {
  const { plugin, mounted } = pluginWith();
  await plugin.setUp(pod, { name: 'v', iscsi: { ...source, readOnly: true } }, signal);
  const [volume] = mounted;
  assert.deepEqual(
    [volume?.name, volume?.source, volume?.isReadOnly, volume?.mountOptions],
    ['v', { ...source, readOnly: true }, true, []],
  );
});

test('it has the label that its pod asks for', async () => {
  const { plugin, mounted } = pluginWith();
  const labelled = testPod({
    containers: [{ name: 'a', volumeMounts: [{ name: 'v', mountPath: '/v' }] }],
    securityContext: { seLinuxOptions: { level: 's0:c1' } },
  });
  await plugin.setUp(labelled, { name: 'v', iscsi: source }, signal);
  assert.deepEqual(mounted[0]?.label, {
    label: 'system_u:object_r:container_file_t:s0:c1',
    accessMode: 'inline',
  });
});

test('its secret is that of the pod', async () => {
  const iscsi = { ...source, chapAuthSession: true, secretRef: { name: 's' } };
  const data = new Map([['node.session.auth.password', Buffer.from('word')]]);
  const secret = { namespace: 'default', name: 's', resourceVersion: '1', immutable: false, data, type: 'x' };
  const { plugin, mounted } = pluginWith(secret);
  await plugin.setUp(pod, { name: 'v', iscsi }, signal);
  assert.deepEqual(await mounted[0]?.secret(), { 'node.session.auth.password': 'word' });
  const without = pluginWith();
  await without.plugin.setUp(pod, { name: 'v', iscsi }, signal);
  await assert.rejects(async () => without.mounted[0]?.secret(), {
    message: `couldn't get secret default/s error: secrets "s" not found`,
  });
});

test('the end of a pod releases its volumes, before and after they are unmounted', async () => {
  const { plugin, released } = pluginWith();
  const folder = join(rootDir, 'pods/u');
  const path = join(folder, 'volumes/kubernetes.io~iscsi/v');
  mkdirSync(path, { recursive: true });
  await plugin.unmount?.(folder);
  await plugin.onDisk?.tearDown(path);
  assert.deepEqual(released, ['u', 'u']);
  assert.ok(!existsSync(path));
});
