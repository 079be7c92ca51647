import assert from 'node:assert/strict';
import { test } from 'node:test';
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import { podAddress } from './try.ts';

const pod = (podIP: string | undefined, ...ports: v1.ContainerPort[]): v1.Pod => ({
  spec: { containers: [{ name: 'none' }, { name: 'some', ports }] },
  status: podIP === undefined ? {} : { podIP },
});

for (const [what, given, expected] of [
  [
    'the first TCP port',
    pod('10.0.0.2', { containerPort: 53, protocol: 'UDP' }, { containerPort: 80 }),
    { host: '10.0.0.2', port: 80 },
  ],
  ['no port', pod('10.0.0.2'), undefined],
  ['no address', pod(undefined, { containerPort: 80 }), undefined],
] as const) {
  test(`where a pod answers: ${what}`, () => assert.deepEqual(podAddress(given), expected));
}
