import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exposition } from './exposition.ts';
import { probeFamilies } from './probe-families.ts';
import { exponentialBuckets, MetricsRegistry } from './registry.ts';

test('instruments as text: no series before the first use of one with labels', async () => {
  const registry = new MetricsRegistry();
  const counter = registry.counter('c_total', 'C.', ['x']);
  registry.gauge('unused', 'Never set.', ['y']);
  const histogram = registry.histogram('h', 'H.', [], [1, 2.5]);
  registry.readGauge('g', 'G.', ['z'], () => [{ labels: { z: 'a' }, value: 7 }]);
  registry.figure({ name: 'f_total', help: 'F.', type: 'counter', read: () => 3 });
  counter.inc({ x: 'one' });
  histogram.observe(2);
  const expected = [
    '# HELP c_total C.',
    '# TYPE c_total counter',
    'c_total{x="one"} 1',
    '# HELP f_total F.',
    '# TYPE f_total counter',
    'f_total 3',
    '# HELP g G.',
    '# TYPE g gauge',
    'g{z="a"} 7',
    '# HELP h H.',
    '# TYPE h histogram',
    'h_bucket{le="1"} 0',
    'h_bucket{le="2.5"} 1',
    'h_bucket{le="+Inf"} 1',
    'h_sum 2',
    'h_count 1',
    '',
  ];
  assert.deepEqual((await registry.text()).split('\n'), expected);
  // Values that are read do not add up.
  assert.deepEqual((await registry.text()).split('\n'), expected);
});

test('buckets grow by a factor', () => {
  assert.deepEqual(exponentialBuckets(1, 2, 5), [1, 2, 4, 8, 16]);
});

test('probes: one that never succeeded has no duration', () => {
  const labels = { probe_type: 'Liveness', container: 'c', pod: 'p', namespace: 'n', pod_uid: 'u' };
  const buckets = [0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1];
  const total = new Map([
    ['successful', 1],
    ['failed', 2],
  ]);
  const lines = exposition(
    probeFamilies([
      { labels, total, duration: { count: 1, sumSeconds: 0.4, buckets } },
      { labels: { ...labels, container: 'd' }, total: new Map([['failed', 3]]), duration: undefined },
    ]),
  ).split('\n');
  const probe = 'namespace="n",pod="p"';
  assert.deepEqual(
    lines.filter((line) => /^prober_.*(total|count|sum|le="0.[25]\d*")/.test(line)),
    [
      `prober_probe_duration_seconds_bucket{container="c",${probe},probe_type="Liveness",le="0.25"} 0`,
      `prober_probe_duration_seconds_bucket{container="c",${probe},probe_type="Liveness",le="0.5"} 1`,
      `prober_probe_duration_seconds_sum{container="c",${probe},probe_type="Liveness"} 0.4`,
      `prober_probe_duration_seconds_count{container="c",${probe},probe_type="Liveness"} 1`,
      `prober_probe_total{container="c",${probe},pod_uid="u",probe_type="Liveness",result="successful"} 1`,
      `prober_probe_total{container="c",${probe},pod_uid="u",probe_type="Liveness",result="failed"} 2`,
      `prober_probe_total{container="d",${probe},pod_uid="u",probe_type="Liveness",result="failed"} 3`,
    ],
  );
});
