import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '../../api/pod.ts';
import { testPod } from '../../testing/pod.ts';
import { type MirrorStep, mirrorOf, mirrorStep } from './mirror-step.ts';

const withAnnotations = (annotations: Record<string, string>, more: object = {}): Pod =>
  testPod({ containers: [{ name: 'c' }] }, { annotations, ...more });
const pod = withAnnotations({ 'kubernetes.io/config.hash': 'h1', 'kubernetes.io/config.source': 'file' });
const mirrorWith = (hash: string, more: object = {}): Pod =>
  withAnnotations({ 'kubernetes.io/config.mirror': hash }, more);

const calm = { isEnding: false, sourcesRead: true };
const cases: [what: string, facts: Parameters<typeof mirrorStep>[0], step: MirrorStep][] = [
  ['a static pod without one', { pod, mirror: undefined, ...calm }, 'create'],
  ['one of this version', { pod, mirror: mirrorWith('h1'), ...calm }, 'keep'],
  ['one of an earlier version', { pod, mirror: mirrorWith('h0'), ...calm }, 'replace'],
  [
    'one that somebody deletes',
    { pod, mirror: mirrorWith('h1', { deletionTimestamp: '2026-11-30T10:00:00Z' }), ...calm },
    'replace',
  ],
  ['one without a static pod', { pod: undefined, mirror: mirrorWith('h1'), ...calm }, 'delete'],
  [
    'one whose static pod still ends',
    { pod: undefined, mirror: mirrorWith('h1'), isEnding: true, sourcesRead: true },
    'keep',
  ],
  [
    'one whose static pod may not have been read yet',
    { pod: undefined, mirror: mirrorWith('h1'), isEnding: false, sourcesRead: false },
    'keep',
  ],
  [
    'one of an earlier version that still ends',
    { ...calm, pod, mirror: mirrorWith('h0'), isEnding: true },
    'keep',
  ],
  ['none, while an earlier version still ends', { ...calm, pod, mirror: undefined, isEnding: true }, 'keep'],
  ['nothing', { pod: undefined, mirror: undefined, ...calm }, 'keep'],
];

for (const [what, facts, step] of cases) {
  test(`${what}: ${step}`, () => assert.equal(mirrorStep(facts), step));
}

test('a mirror pod belongs to its node and names its version', () => {
  const { metadata, spec, kind } = mirrorOf(pod, { name: 'n1', uid: 'nu' });
  assert.deepEqual(metadata.ownerReferences, [
    { apiVersion: 'v1', kind: 'Node', name: 'n1', uid: 'nu', controller: true },
  ]);
  assert.equal(metadata.annotations?.['kubernetes.io/config.mirror'], 'h1');
  assert.deepEqual([spec, kind], [pod.spec, 'Pod']);
});
