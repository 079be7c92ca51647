import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { End } from './manifest-case.ts';
import type { ListedPod } from './observe.ts';
import { isSettled } from './settle.ts';

type State = NonNullable<NonNullable<ListedPod['status']['containerStatuses']>[number]['state']>;

const running: State = { running: {} };
const ended: State = { terminated: { exitCode: 0 } };
const waiting = (reason: string): State => ({ waiting: { reason } });
const failure = 'E1 "MountVolume.SetUp failed for volume" pod="default/web-parity"';

const table: [title: string, phase: string, end: End, states: State[], log: string, isDone: boolean][] = [
  ['ended', 'Succeeded', 'ended', [ended], '', true],
  ['over, and its container still there', 'Failed', 'ended', [running], '', false],
  ['on its way', 'Pending', 'ended', [waiting('ContainerCreating')], '', false],
  ['of two containers one is left', 'Running', 'ended', [ended, running], '', false],
  ['runs, but will end', 'Running', 'ended', [running], '', false],
  ['runs on', 'Running', 'running', [running], '', true],
  ['nothing is known yet', 'Pending', 'running', [], '', false],
  ['cannot be made', 'Pending', 'ended', [waiting('CreateContainerConfigError')], '', true],
  [
    'has no volume, and nobody has said so',
    'Pending',
    'no sandbox',
    [waiting('ContainerCreating')],
    '',
    false,
  ],
  ['has no volume', 'Pending', 'no sandbox', [waiting('ContainerCreating')], failure, true],
  [
    'another has no volume',
    'Pending',
    'no sandbox',
    [waiting('ContainerCreating')],
    failure.replace('/web', '/db'),
    false,
  ],
];

for (const [title, phase, end, states, log, isDone] of table) {
  test(title, () => {
    const containerStatuses = states.map((state, index) => ({ name: `c${index}`, state }));
    const pod = {
      metadata: { name: 'web-parity', namespace: 'default', uid: 'u' },
      status: { phase, containerStatuses },
    };
    assert.equal(isSettled(pod, end, log), isDone);
  });
}
