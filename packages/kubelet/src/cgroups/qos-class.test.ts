import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ResourceRequirements } from '../api/pod.ts';
import { testPod } from '../testing/pod.ts';
import { type QosClass, qosClass } from './qos-class.ts';

function pod(...resources: ResourceRequirements[]) {
  return testPod({ containers: resources.map((each, index) => ({ name: `c${index}`, resources: each })) });
}
const both = { cpu: '1', memory: '1Gi' };

const classes: [title: string, resources: ResourceRequirements[], qos: QosClass][] = [
  ['nothing', [{}], 'BestEffort'],
  ['requests of 0', [{ requests: { cpu: '0' } }], 'BestEffort'],
  ['limits only', [{ limits: both }], 'Guaranteed'],
  [
    'limits equal to requests',
    [{ limits: both, requests: { cpu: '1000m', memory: '1024Mi' } }],
    'Guaranteed',
  ],
  ['one container without', [{ limits: both }, {}], 'Burstable'],
  ['less requested', [{ limits: both, requests: { cpu: '1', memory: '1' } }], 'Burstable'],
  ['only CPU limited', [{ limits: { cpu: '1' } }], 'Burstable'],
  ['only requests', [{ requests: both }], 'Burstable'],
];
for (const [title, resources, qos] of classes) {
  test(`QoS of ${title}: ${qos}`, () => assert.equal(qosClass(pod(...resources)), qos));
}
