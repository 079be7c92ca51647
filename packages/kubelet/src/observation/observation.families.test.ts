// The families of all endpoints, compared with the real kubelet's by name, type and labels.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CgroupDetails } from '@berth/linux/cgroups/details.ts';
import type { CgroupUsage } from '@berth/linux/cgroups/usage.ts';
import { processStartTime } from '@berth/linux/processes/process-figures.ts';
import { deviceFamilies } from '../container-metrics/device-families.ts';
import { cgroupFamilies } from '../container-metrics/families.ts';
import { filled } from '../container-metrics/family.ts';
import type { CgroupFigures } from '../container-metrics/figures.ts';
import { machineFamilies } from '../container-metrics/machine.ts';
import { DraMetrics } from '../metrics/dra-metrics.ts';
import type { MetricFamily } from '../metrics/exposition.ts';
import { labelText } from '../metrics/exposition.ts';
import { HealthMetrics } from '../metrics/health-metrics.ts';
import { KubeletMetrics } from '../metrics/kubelet-metrics.ts';
import { observedCri } from '../metrics/observed-cri.ts';
import { countPods } from '../metrics/pod-metrics.ts';
import { probeFamilies } from '../metrics/probe-families.ts';
import { MetricsRegistry } from '../metrics/registry.ts';
import { countResizes } from '../metrics/resize-metrics.ts';
import { resourceFamilies } from '../metrics/resource-families.ts';
import { countVolumes } from '../metrics/volume-metrics.ts';
import { criUsage } from '../stats/cri-usage.ts';
import { Instant } from '../stats/instant.ts';
import { testPod } from '../testing/pod.ts';
import { realFamilies } from '../testing/real-metric-families.ts';
import { tellPullRecords } from './pull-records.ts';

/** Families of the real kubelet that this one does not have, with the reason. */
const leftOut: readonly (readonly [names: RegExp, why: string])[] = [
  [/^(apiserver|aggregator)_/, 'of the library for API servers; always 0 in a kubelet'],
  [
    /^(cardinality_enforcement|disabled_metrics|hidden_metrics|registered_metrics)_/,
    "about Go's metrics library",
  ],
  [/^workqueue_/, 'of queues that exist in Go only'],
  [/^kubelet_(cpu|memory|topology)_manager_|^kubelet_memory_qos_/, 'this kubelet has no such managers'],
  [/^kubelet_pod_watch_/, 'about those who watch the API of pods'],
  [/^kubelet_imagemanager_inmemory_/, 'records of pulls are on disk alone'],
  [
    /^kubelet_orphan_pod_cleaned_volumes_errors$/,
    'a pod that is left ends when its volumes are removed, and not before',
  ],
  [/^kubelet_pleg_discard_events$/, 'events are never discarded'],
  [/^kubelet_volume_metric_collection_/, 'sizes of volumes are measured in the background'],
  [
    /^(reconstruct_volume|force_cleaned_failed_volume)_/,
    'volumes are not reconstructed: they are found on disk',
  ],
  [/^kubernetes_feature_enabled$/, 'this kubelet has no feature gates'],
  [
    /^volume_manager_selinux_container_/,
    'a label can always be told: the real one has them for one that cannot',
  ],
  [/^machine_nvm_/, 'no library for non-volatile memory: the real one has always 0'],
];

/** Families that only this kubelet has. */
const added = /^nodejs_/;

const usage: CgroupUsage = {
  cpuNanoseconds: 1n,
  memoryBytes: 1n,
  workingSetBytes: 1n,
  rssBytes: 1n,
  pageFaults: 1n,
  majorPageFaults: 1n,
  ...Object.fromEntries(
    ['cpuPressure', 'memoryPressure', 'ioPressure'].map((name) => {
      const line = { totalNanoseconds: 1n, avg10: 0, avg60: 0, avg300: 0 };
      return [name, { some: line, full: line }];
    }),
  ),
};

const io = { major: 8, minor: 0, bytes: 1n, count: 1n };
const details: CgroupDetails = {
  cpu: {
    userNanoseconds: 1n,
    systemNanoseconds: 1n,
    periods: 1n,
    throttledPeriods: 1n,
    throttledNanoseconds: 1n,
    burstPeriods: 1n,
    burstNanoseconds: 1n,
  },
  memory: {
    cacheBytes: 1n,
    mappedFileBytes: 1n,
    activeFileBytes: 1n,
    inactiveFileBytes: 1n,
    dirtyBytes: 1n,
    writebackBytes: 1n,
    pagesScanned: 1n,
    pagesReclaimed: 1n,
    fileRefaults: 1n,
    anonymousRefaults: 1n,
    highEvents: 1n,
    maxEvents: 1n,
  },
  hugepages: [],
  io: [
    { ...io, operation: 'Read' },
    { ...io, operation: 'Write' },
  ],
};

const figures: CgroupFigures = {
  labels: labelText({ container: 'c', id: '/', image: '', name: '', namespace: '', pod: '' }),
  at: 1000,
  createdAt: 1,
  startedAt: 1,
  usage,
  details,
  limits: { cpuShares: 2n, cpuPeriodMicroseconds: 100_000n, cpuQuotaMicroseconds: 1n },
  oomKills: 0,
  processes: { count: 1, files: 1, sockets: 1, filesLimit: 1n },
  interfaces: [
    {
      name: 'eth0',
      rxBytes: 1n,
      rxPackets: 1n,
      rxErrors: 1n,
      rxDropped: 1n,
      txBytes: 1n,
      txPackets: 1n,
      txErrors: 1n,
      txDropped: 1n,
    },
  ],
  fileSystems: [
    {
      device: '/dev/sda',
      disk: undefined,
      totalBytes: 1n,
      usedBytes: 1n,
      availableBytes: 1n,
      totalInodes: 1n,
      usedInodes: 1n,
      freeInodes: 1n,
    },
  ],
  devicePath: () => '/dev/sda',
};

function cadvisor(): MetricFamily[] {
  const machine = {
    cpuinfo: '',
    meminfo: '',
    osRelease: '',
    machineId: '',
    systemUuid: '',
    bootId: '',
    kernelVersion: '',
  };
  const scrapeErrors = ['container', 'machine'].map((what): MetricFamily => {
    return { name: `${what}_scrape_error`, help: '', type: 'gauge', samples: [{ labels: '', value: 0 }] };
  });
  return [
    ...[...cgroupFamilies, ...deviceFamilies].map((family) => filled(family, [figures])),
    ...machineFamilies(machine),
    ...scrapeErrors,
  ];
}

function resource(): MetricFamily[] {
  const now = Instant.ofMs(1000);
  const usage = criUsage({}, now);
  return resourceFamilies({
    node: { nodeName: 'n', startTime: now, ...usage },
    pods: [
      {
        podRef: { name: 'p', namespace: 'n', uid: 'u' },
        startTime: now,
        containers: [{ name: 'c', startTime: now, ...usage }],
        ...usage,
      },
    ],
  });
}

/** Uses every instrument once, so that each has series. */
async function kubelet(): Promise<MetricFamily[]> {
  const metrics = new KubeletMetrics('n', { bootedAt: 0, startedAt: 0 });
  const { registry, runtime, pods, resizes, hooks, pleg, images, volumes, cgroups, server, pressure } =
    metrics;
  metrics.setVersion('v1.37.0+berth.1');
  metrics.setCgroupVersion(2);
  const failing = { runPodSandbox: async () => Promise.reject(new Error('no')) };
  const client = { runtime: failing, image: {}, imageProgress: {}, podStarts: {}, close: () => {} };
  await assert.rejects(observedCri(client as never, runtime).runtime.runPodSandbox({}));
  pods.startedPod({ failed: true, hasUserNamespace: true });
  pods.startedContainer('container', 'ErrImagePull');
  pods.rejected('OutOfcpu');
  pods.workerAdded(1);
  pods.preempted('cpu');
  pods.orphanFound();
  pods.orphanRemoved();
  pods.restarted();
  pods.admitted({ config_mode: 'pod_level', qos_class: 'burstable' });
  const resized = testPod({ containers: [{ name: 'c', resources: { limits: { cpu: '1' } } }] });
  resizes.requested(testPod({ containers: [{ name: 'c' }] }), resized);
  resizes.infeasible('swap_limitation');
  resizes.accepted('pods_removed');
  resizes.deferredEnded(resized, 'accepted', 1);
  resizes.actuated(true, 1);
  const dra = new DraMetrics(registry, () => new Map([['<any>', 0]]));
  await dra.operation('PrepareResources', async () => {});
  countResizes(registry, () => ({ pending: [{ pod: resized, reason: 'Deferred' }], inProgress: 0 }));
  hooks.fellBackToHttp();
  hooks.sleepEndedEarly();
  const created = {
    ...resized,
    metadata: { ...resized.metadata, creationTimestamp: '2026-12-01T10:00:00Z' },
  };
  const state = { running: { startedAt: '2026-12-01T10:00:01Z' } };
  for (const each of [{}, { state }]) {
    const own = { name: 'c', image: '', imageID: '', ready: true, restartCount: 0, ...each };
    const status = { phase: 'Pending', containerStatuses: [own] };
    metrics.podStarts.served(new Map([['u', { pod: created, status, resourceVersion: '' }]]));
  }
  pods.firstRound(0);
  await pods.round('sync', async () => {});
  pods.statusChanged('u', undefined, { phase: 'Pending' });
  const containerStatuses = [
    {
      name: 'c',
      image: '',
      imageID: '',
      ready: false,
      restartCount: 0,
      state: { terminated: { exitCode: 1 } },
    },
  ];
  pods.statusChanged('u', { phase: 'Pending' }, { phase: 'Running', containerStatuses });
  pleg.relists()();
  pleg.event(1n);
  pleg.podRead(1);
  pleg.connected();
  pleg.disconnected();
  images.pulled(1, 1n);
  images.ensured('Always', undefined, true);
  images.checked('credentialPolicyAllowed');
  images.volumes({ requested: 1, mounted: 1, failed: 0 });
  images.collected('age');
  pressure.evicted('nodefs.available');
  pressure.statsAge('nodefs.available', 1);
  metrics.devices.registered('example.com/dev');
  metrics.devices.allocated('example.com/dev', 0);
  metrics.podResources.list('v1');
  metrics.podResources.getAllocatable();
  metrics.podResources.get();
  metrics.podResources.getFailed();
  tellPullRecords(registry, '/none');
  await volumes.operation('emptyDir', 'volume_mount', async () => {});
  for (const isError of [true, false]) {
    volumes.selinux.severalLabels(isError, 'RWO');
    volumes.selinux.volumeMismatch(isError, 'kubernetes.io/csi/d', 'RWO');
  }
  volumes.selinux.admitted('kubernetes.io/csi/d', 'RWO');
  server.observe({ method: 'GET', path: 'pods', serverType: 'readonly', longRunning: false })();
  const done = async () => {};
  await cgroups.observed({ create: done, apply: done, remove: done, wasOomKilled: () => false }).create('/a');
  const containers = new Map([['running', 1]]);
  countPods(registry, () => ({
    desired: { static: 1, regular: 0 },
    active: { static: 1, regular: 0 },
    mirrors: 0,
    workers: [{ isOrphan: false, isStatic: true, isTerminating: false }],
    runningPods: 1,
    containers,
    ephemeralContainers: 0,
  }));
  countVolumes(registry, () => ({ desired: ['emptyDir'], actual: [] }));
  const labels = ['uid', 'namespace', 'pod', 'container'];
  registry.readGauge('kubelet_container_log_filesystem_used_bytes', 'Logs.', labels, () => [
    { labels: Object.fromEntries(labels.map((label) => [label, ''])), value: 1 },
  ]);
  return registry.families();
}

async function probes(): Promise<MetricFamily[]> {
  const labels = { probe_type: 'Liveness', container: 'c', pod: 'p', namespace: 'n', pod_uid: 'u' };
  const total = new Map([['successful', 1]]);
  const registry = new MetricsRegistry();
  registry.figure(processStartTime);
  const duration = { count: 1, sumSeconds: 1, buckets: [] };
  return [...(await registry.families()), ...probeFamilies([{ labels, total, duration }])];
}

async function slis(): Promise<MetricFamily[]> {
  const metrics = new HealthMetrics();
  metrics.checked('ping', true);
  return metrics.registry.families();
}

const endpoints: Readonly<Record<string, () => MetricFamily[] | Promise<MetricFamily[]>>> = {
  '/metrics': kubelet,
  '/metrics/cadvisor': cadvisor,
  '/metrics/probes': probes,
  '/metrics/resource': resource,
  '/metrics/slis': slis,
};

for (const [path, families] of Object.entries(endpoints)) {
  test(`${path} has the real kubelet's names, types and labels`, async () => {
    const ours = (await families())
      .filter(({ name }) => !added.test(name))
      .map((family) => `${family.name} ${family.type} ${labelsOf(family)}`);
    const real = (realFamilies[path] ?? [])
      .filter(([name]) => !leftOut.some(([names]) => names.test(name)))
      .map(([name, type, labels]) => `${name} ${type} ${labels}`);
    assert.deepEqual(ours.sort(), real.sort());
  });
}

test('every reason to leave out a family is needed', () => {
  const names = Object.values(realFamilies).flatMap((families) => families.map(([name]) => name));
  for (const [pattern] of leftOut)
    assert.ok(
      names.some((name) => pattern.test(name)),
      String(pattern),
    );
});

function labelsOf({ samples }: MetricFamily): string[] {
  const found = samples.flatMap(({ labels }) =>
    [...labels.matchAll(/(?:^|,)(\w+)="/g)].map(([, name = '']) => name),
  );
  return [...new Set(found)].filter((name) => name !== 'le').sort();
}
