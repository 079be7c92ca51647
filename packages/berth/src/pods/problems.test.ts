import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RejectedManifest } from '@berth/kubelet/config/pod-source.ts';
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import { nodeProblems } from './problems.ts';

const now = Date.parse('2026-01-01T00:01:00Z');
const pod = (name: string, status: v1.PodStatus): v1.Pod => ({
  metadata: { name: `${name}-n`, namespace: 'default', uid: name },
  spec: { nodeName: 'n', containers: [{ name: 'c' }] },
  status,
});
const restarted = (startedAt: string): v1.PodStatus => ({
  phase: 'Running',
  containerStatuses: [
    {
      name: 'c',
      ready: true,
      restartCount: 2,
      image: '',
      imageID: '',
      state: { running: { startedAt: startedAt as never } },
      lastState: { terminated: { exitCode: 3 } },
    },
  ],
});
const rejected = (more: Partial<RejectedManifest>): RejectedManifest => ({
  file: '/m/a.yaml',
  message: 'wrong',
  lastGoodRuns: false,
  ...more,
});

const cases: [what: string, pods: v1.Pod[], rejected: RejectedManifest[], expected: string[]][] = [
  ['nothing', [pod('a', { phase: 'Running' }), pod('b', { phase: 'Succeeded' })], [], []],
  [
    'a crash a moment ago',
    [pod('a', restarted('2026-01-01T00:00:55Z'))],
    [],
    ['pod default/a: container c ended with exit code 3, and is started again'],
  ],
  ['a crash some time ago', [pod('a', restarted('2026-01-01T00:00:40Z'))], [], []],
  [
    'a pod that was not admitted',
    [pod('a', { phase: 'Failed', reason: 'NodePorts', message: 'Pod was rejected: ports' })],
    [rejected({ pod: 'default/a-n', message: 'host port 80 is taken by default/b' })],
    ['pod default/a: NodePorts: host port 80 is taken by default/b'],
  ],
  [
    'a manifest that was broken in place',
    [pod('a', { phase: 'Running' })],
    [rejected({ lastGoodRuns: true, message: 'not valid YAML' })],
    ['/m/a.yaml: not valid YAML. The last good version goes on'],
  ],
  [
    'a pod and an object of a manifest',
    [],
    [rejected({ pod: 'default/a-n' }), rejected({ object: 'Secret default/s' })],
    ['/m/a.yaml: pod default/a-n: wrong', '/m/a.yaml: Secret default/s: wrong'],
  ],
];
for (const [what, pods, rejections, expected] of cases) {
  test(`problems of a node: ${what}`, () =>
    assert.deepEqual(
      nodeProblems(pods, rejections, now).map(({ subject, message }) => `${subject}: ${message}`),
      expected,
    ));
}
