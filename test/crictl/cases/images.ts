// pull and rmi.
import type { Comparison, TwinComparison } from '../comparison.ts';
import { each } from './list.ts';

const alone = { alone: true, effect: 'images', normalise: ['ids'] } as const;
const there = { ...alone, pulled: true } as const;

export const imageComparisons: readonly TwinComparison[] = [
  { args: 'pull <twin-image>:1', ...alone },
  { args: 'pull -a key=value <twin-image>:2', ...alone },
  { args: 'pull --pod-config <pod.json> <twin-image>:1', ...alone },
  { args: 'pull --creds user:secret <twin-image>:1', ...alone },
  { args: 'pull --creds user <twin-image>:1', ...alone },
  { args: 'pull --auth dXNlcjpzZWNyZXQ= <twin-image>:1', ...alone },
  { args: 'pull --pull-timeout 20s <twin-image>:1', ...alone },
  { args: 'pull --pt 0s <twin-image>:1', ...alone },
  {
    args: 'pull <twin-image>:1',
    name: 'CRICTL_PULL_TIMEOUT=1m pull',
    env: { CRICTL_PULL_TIMEOUT: '1m' },
    ...alone,
  },
  { args: 'pull <twin-image>:1', name: 'CRICTL_CREDS=a:b pull', env: { CRICTL_CREDS: 'a:b' }, ...alone },
  { args: 'pull <twin-image>:1', name: 'pull (there already)', ...there },
  { args: 'rmi <twin-image>:1', ...there },
  { args: 'rmi <twin-image>:1 <twin-image>:2', ...there, normalise: ['lines', 'ids'] },
  { args: 'rmi <twin-image>:1 nothing', ...there, normalise: ['lines', 'ids'] },
  { args: 'rmi absent:1', ...alone, normalise: ['lines', 'ids'] },
  { args: 'rmi', ...alone },
  { args: 'rmi --prune', ...there, normalise: ['lines', 'ids'] },
  { args: 'rmi -q', ...alone, normalise: ['lines', 'ids'] },
  { args: 'rmi -aq', ...there, normalise: ['lines', 'ids'] },
  { args: 'rmi --prune <twin-image>:1', ...there, normalise: ['lines', 'ids'] },
];

/** Pulls that bring nothing. */
export const failingPullComparisons: readonly Comparison[] = [
  ...each('pull', [
    '<registry>/absent:1',
    '<registry>/app:absent',
    '<registry>/app:1',
    '<registry>/app@<app-digest>',
    'UPPER:case',
    '127.0.0.1:1/x:1',
    '--creds a:b --auth c <registry>/app:1',
    '--creds :b <registry>/app:1',
    '-a key <registry>/app:1',
    '-a a=b=c <registry>/app:1',
    '--pod-config absent.json <registry>/app:1',
    '--pod-config <pod-no-metadata.json> <registry>/app:1',
    '--pull-timeout -1s <registry>/app:1',
    '-u user <registry>/app:1',
  ]),
];

/** Also takes the images of the standing fixture, and so comes last. */
export const allImageComparisons: readonly TwinComparison[] = [
  { args: 'rmi --all', ...there, normalise: ['lines', 'ids'] },
  { args: 'rmi -a <twin-image>:1', ...there, normalise: ['lines', 'ids'] },
];
