import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '../api/pod.ts';
import { resourcesLabels } from './pod-resources.ts';

const cpu = { requests: { cpu: '1' } };
const none = { resources: {} };
const guaranteed = { cpu: '1', memory: '1Gi' };

for (const [what, spec, config_mode, qos_class] of [
  ['nothing', { containers: [none] }, '', 'besteffort'],
  ['a container', { containers: [none, { resources: cpu }] }, 'container_level', 'burstable'],
  [
    'an init container',
    { containers: [none], initContainers: [{ resources: cpu }] },
    'container_level',
    'burstable',
  ],
  ['empty resources', { containers: [{ resources: { limits: {} } }] }, '', 'besteffort'],
  ['the pod', { containers: [none], resources: cpu }, 'pod_level', 'burstable'],
  [
    'both',
    { containers: [{ resources: cpu }], resources: { requests: guaranteed, limits: guaranteed } },
    'pod_and_container_level',
    'guaranteed',
  ],
] as const) {
  test(`resources of ${what}`, () => {
    assert.deepEqual(resourcesLabels({ spec } as unknown as Pod), { config_mode, qos_class });
  });
}
