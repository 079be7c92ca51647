import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { scratchDir } from '@berth/test-support/scratch.ts';
import { until } from '@berth/test-support/until.ts';
import { MetricsRegistry } from '../metrics/registry.ts';
import { VolumeMetrics } from '../metrics/volume-metrics.ts';
import { FakeApi } from '../testing/fake-api.ts';
import { NotedEvents } from '../testing/noted-events.ts';
import { idleHandler } from '../testing/plugin-handler.ts';
import { withoutSelinux } from '../testing/selinux.ts';
import { ClusterStorage } from './cluster-storage.ts';

test('a storage that is stopped while it starts watches for no plugins', async () => {
  using scratch = scratchDir('cluster-storage');
  const started = ['stopped', 'other'].map((name) => {
    const rootDir = join(scratch.path, name);
    const storage = new ClusterStorage({
      client: new FakeApi().client,
      options: { rootDir, nodeName: 'node' },
      tokens: { issuedToken: async () => ({ token: 't', expirationTimestamp: '2026-01-02T03:04:05Z' }) },
      metrics: new VolumeMetrics(new MetricsRegistry()),
      selinux: withoutSelinux,
      events: new NotedEvents(),
      devicePlugins: idleHandler,
      draPlugins: idleHandler,
      node: () => undefined,
      reportNode: () => {},
      onVolumes: () => {},
    });
    storage.start();
    return { storage, watches: () => existsSync(join(rootDir, 'plugins_registry')) };
  });
  const [stopped, other] = started;
  assert.ok(stopped && other);
  stopped.storage.stop();
  await until('the other one, which started later, watches', other.watches);
  other.storage.stop();
  assert.equal(stopped.watches(), false);
});
