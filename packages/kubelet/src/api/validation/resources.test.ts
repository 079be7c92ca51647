import assert from 'node:assert/strict';
import { test } from 'node:test';
import { faultOf, manifest, podOf } from '../../testing/manifest.ts';

type Changes = Parameters<typeof manifest>[0];

const container = (resources: object): Changes => ({ container: { resources } });
const pod = (resources: object, own: object = {}): Changes => ({
  spec: { resources },
  container: { resources: own },
});
const huge = (amount: string) => ({ cpu: '1', 'hugepages-2Mi': amount });

const faults: [title: string, changes: Changes, expected: string][] = [
  [
    'huge pages alone',
    container({ limits: { 'hugepages-2Mi': '2Mi' } }),
    'spec.containers[0].resources: Forbidden: HugePages require cpu or memory',
  ],
  [
    'a part of a huge page',
    container({ limits: huge('3Mi') }),
    'limits[hugepages-2Mi]: Invalid value: "3Mi": 3Mi is not positive integer multiple of hugepages-2Mi',
  ],
  [
    'fewer huge pages requested than limited',
    container({ limits: huge('4Mi'), requests: huge('2Mi') }),
    'resources.requests: Invalid value: "2Mi": must be equal to hugepages-2Mi limit of 4Mi',
  ],
  [
    'huge pages without a limit',
    container({ requests: huge('2Mi') }),
    'resources.limits: Required value: Limit must be set for non overcommitable resources',
  ],
  [
    'another resource of a pod',
    pod({ limits: { 'ephemeral-storage': '1Gi' } }),
    'spec.resources.limits[ephemeral-storage]: Unsupported value: "ephemeral-storage": supported values: "cpu", "hugepages-", "memory"',
  ],
  ['claims of a pod', pod({ claims: [{ name: 'c' }] }), 'spec.resources.claims: Forbidden'],
  [
    'a pod that requests less than its containers',
    pod({ requests: { cpu: '100m' } }, { requests: { cpu: '200m' } }),
    'spec.resources.requests[cpu]: Invalid value: "100m": must be greater than or equal to aggregate container requests of 200m',
  ],
  [
    'a container with a higher limit than its pod',
    pod({ limits: { memory: '1Gi' } }, { limits: { memory: '2Gi' } }),
    'spec.resources.containers[0][memory].limits: Invalid value: "2Gi": must be less than or equal to pod limits of 1Gi',
  ],
  [
    'a pod with fewer huge pages than its containers',
    pod({ limits: huge('2Mi'), requests: huge('2Mi') }, { limits: huge('4Mi') }),
    'spec.resources.limits[hugepages-2Mi]: Invalid value: "2Mi": must be greater than or equal to aggregate container limits of 4Mi',
  ],
  [
    'a pod that requests more than its limit',
    pod({ requests: { cpu: 2 }, limits: { cpu: 1 } }),
    'spec.resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1',
  ],
  [
    'resources of a pod for Windows',
    { spec: { resources: { limits: { cpu: 1 } }, os: { name: 'windows' } } },
    'spec.resources: Forbidden: may not be set for a windows pod',
  ],
  [
    'negative overhead',
    { spec: { overhead: { cpu: '-1' } } },
    'spec.overhead.limits[cpu]: Invalid value: "-1": must be greater than or equal to 0',
  ],
  [
    'overhead of another resource',
    { spec: { overhead: { pods: '1' } } },
    'spec.overhead.limits[pods]: Unsupported value: "pods"',
  ],
];
for (const [title, changes, expected] of faults) {
  test(`refused: ${title}`, () => {
    const message = faultOf(manifest(changes));
    assert.ok(message.includes(expected), `${message}\n  does not say\n${expected}`);
  });
}

const accepted: [title: string, changes: Changes][] = [
  ['huge pages', container({ limits: huge('4Mi') })],
  ["a pod's own resources", pod({ limits: { cpu: 2, memory: '2Gi' }, requests: { cpu: 1 } })],
  ['more in containers than the pod limits', pod({ limits: { cpu: 1 } }, { requests: { cpu: 2 } })],
  ['overhead', { spec: { overhead: { cpu: '250m', memory: '64Mi' } } }],
  ['nothing', pod({})],
];
for (const [title, changes] of accepted) test(`accepted: ${title}`, () => void podOf(manifest(changes)));
