import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '../../api/pod.ts';
import type { StartFailure } from '../../kubecontainer/start-error.ts';
import { imageVolumeCounts } from './observed-effects.ts';

const volumes = [
  { name: 'a', image: {} },
  { name: 'b', image: {} },
  { name: 'c', emptyDir: {} },
];
const volumeMounts = [{ name: 'a' }, { name: 'a' }, { name: 'c' }];
const spec = {
  volumes,
  containers: [{ name: 'main', volumeMounts }, { name: 'other' }],
};
const failed = (reason: StartFailure['reason'], message: string): StartFailure => ({ reason, message });

for (const [what, name, failure, counts] of [
  ['a start', 'main', undefined, { requested: 2, mounted: 2, failed: 0 }],
  ['no mounts', 'other', undefined, { requested: 2, mounted: 0, failed: 0 }],
  [
    'a mount that failed',
    'main',
    failed('CreateContainerError', 'ImageVolumeMountFailed: x'),
    { requested: 2, mounted: 0, failed: 2 },
  ],
  ['another failure', 'main', failed('CreateContainerError', 'x'), { requested: 2, mounted: 2, failed: 0 }],
] as const) {
  test(`image volumes of ${what}`, () => {
    assert.deepEqual(imageVolumeCounts({ pod: { spec } as unknown as Pod }, name, failure), counts);
  });
}
