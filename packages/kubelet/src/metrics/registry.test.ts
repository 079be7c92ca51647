import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProbeMetrics } from './probe-metrics.ts';
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

test('probes: a failed one has no duration, and a container that is gone has no series', async () => {
  const metrics = new ProbeMetrics();
  const probe = { type: 'Liveness', container: 'c', pod: 'p', namespace: 'n', podUid: 'u' } as const;
  metrics.probed(probe, 'successful', 0.3);
  metrics.probed(probe, 'failed', 0.3);
  const lines = (await metrics.registry.text())
    .split('\n')
    .filter((line) => /^prober_.*(total|count)/.test(line));
  assert.deepEqual(lines, [
    'prober_probe_duration_seconds_count{container="c",namespace="n",pod="p",probe_type="Liveness"} 1',
    'prober_probe_total{container="c",namespace="n",pod="p",pod_uid="u",probe_type="Liveness",result="successful"} 1',
    'prober_probe_total{container="c",namespace="n",pod="p",pod_uid="u",probe_type="Liveness",result="failed"} 1',
  ]);
  metrics.forget(probe);
  assert.doesNotMatch(await metrics.registry.text(), /prober_/);
});
