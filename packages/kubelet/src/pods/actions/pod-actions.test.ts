import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultProbe } from '../../api/defaults.ts';
import type { Container } from '../../api/pod.ts';
import { sizesOf } from '../../cgroups/sizes.ts';
import type { ProbeResult, ProbeResults } from '../../prober/results.ts';
import { testPod } from '../../testing/pod.ts';
import { runtimeStatus } from '../../testing/runtime-status.ts';
import type { PodAction } from './actions.ts';
import { podActions } from './pod-actions.ts';

/** `start a#1`: container a, restarted once. */
function show(action: PodAction): string {
  switch (action.do) {
    case 'prepare-pod':
      return `prepare ${action.containers.join(' ')}`;
    case 'kill-pod':
      return 'kill-pod';
    case 'kill-container':
      return `kill ${action.id}${action.graceSeconds === undefined ? '' : ` in ${action.graceSeconds}s`}`;
    case 'remove-container':
      return `remove ${action.id}${action.keepLog ? ' but its log' : ''}`;
    case 'create-sandbox':
      return `sandbox ${action.attempt}`;
    case 'start-container':
      return `start ${action.kind === 'regular' ? '' : `${action.kind} `}${action.name}#${action.restartCount ?? '?'}`;
    case 'resize-pod':
      return 'resize';
    case 'back-off':
      return `wait ${action.name}`;
  }
}

/** A container of a test, whose image is what runtimeStatus() reports. */
function testedContainer(name: string, { probed, own }: Case) {
  const probes = {
    startupProbe: defaultProbe({ tcpSocket: { port: 1 }, terminationGracePeriodSeconds: 7 }),
    livenessProbe: defaultProbe({ tcpSocket: { port: 1 }, terminationGracePeriodSeconds: 8 }),
  };
  return {
    name,
    image: `image-${name}`,
    ...(probed?.split(' ').includes(name) ? probes : {}),
    ...ownPolicy(name, own ?? ''),
  };
}

function ownPolicy(name: string, own: string): Pick<Container, 'restartPolicy' | 'restartPolicyRules'> {
  const [, container, policy, exitCode] = /^(\w+)=(\w+)(?:!(\d+))?$/.exec(own) ?? [];
  if (container !== name) return {};
  const exitCodes = { operator: 'In' as const, values: [Number(exitCode)] };
  return {
    restartPolicy: policy as Policy,
    ...(exitCode ? { restartPolicyRules: [{ action: 'RestartAllContainers', exitCodes }] } : {}),
  };
}

function initContainer(text: string, tested: Case) {
  const container = testedContainer(text.replace('+', ''), tested);
  return text.startsWith('+') ? { ...container, restartPolicy: 'Always' as const } : container;
}

/** `startup s0 success, liveness s0 failure`. */
function probeResults(text: string): ProbeResults {
  const results = text.split(', ').map((each) => each.split(' '));
  return {
    result: (kind, id) =>
      results.find(([probe, container]) => probe === kind && container === id)?.[2] as
        | ProbeResult
        | undefined,
  };
}

type Policy = 'Always' | 'OnFailure' | 'Never';
interface Case {
  policies: Policy[];
  /** Names; `+` before one: a sidecar. */
  init?: string;
  containers?: string;
  /** Names; `e<a`: e has the target a. */
  ephemeral?: string;
  /** Probes that have a result: `startup s0 success`, by container id. */
  probes?: string;
  /** Policies of containers: `a=Never`; with `!7`, exit code 7 restarts all containers. */
  own?: string;
  /** Containers with a startup and a liveness probe, of 7 and 8 s of grace; their names. */
  probed?: string;
  hostNetwork?: boolean;
  backOff?: string;
  deadline?: boolean;
  /** Sandboxes oldest first, and containers oldest first. */
  have: [sandboxes: string, containers: string];
  want: string;
}

const always: Policy[] = ['Always'];
const never: Policy[] = ['Never'];
const onFailure: Policy[] = ['OnFailure'];
const restarting: Policy[] = ['Always', 'OnFailure'];
const all: Policy[] = ['Always', 'OnFailure', 'Never'];

const cases: Record<string, Case[]> = {
  'a new pod': [
    { policies: all, have: ['', ''], want: 'sandbox 0, start a#?' },
    {
      policies: all,
      containers: 'a b c',
      have: ['', ''],
      want: 'sandbox 0, start a#?, start b#?, start c#?',
    },
    { policies: all, init: 'i', have: ['', ''], want: 'sandbox 0, start init i#?' },
    { policies: all, init: 'i j', have: ['', ''], want: 'sandbox 0, start init i#?' },
    { policies: all, have: ['up', ''], want: 'start a#?' },
    { policies: all, containers: 'a b', have: ['up', 'a:run'], want: 'start b#?' },
    { policies: all, containers: 'a b', have: ['up', 'b:run'], want: 'start a#?' },
    { policies: all, init: 'i j', have: ['up', ''], want: 'start init i#?' },
    { policies: all, hostNetwork: true, have: ['hostnet', ''], want: 'start a#?' },
  ],
  'a pod as it should be': [
    { policies: all, have: ['up', 'a:run'], want: '' },
    { policies: all, containers: 'a b', have: ['up', 'a:run b:run'], want: '' },
    { policies: all, init: 'i', have: ['up', 'i:exit0 a:run'], want: '' },
    { policies: all, init: 'i j', have: ['up', 'i:exit0 j:exit0 a:run'], want: '' },
    { policies: all, init: 'i', have: ['up', 'a:run'], want: '' },
    { policies: all, hostNetwork: true, have: ['hostnet', 'a:run'], want: '' },
  ],
  'init containers run in order': [
    { policies: all, init: 'i j', have: ['up', 'i:run'], want: '' },
    { policies: all, init: 'i j', have: ['up', 'i:exit0'], want: 'start init j#?' },
    { policies: all, init: 'i j', have: ['up', 'i:exit0 j:run'], want: '' },
    { policies: all, init: 'i j', have: ['up', 'j:run'], want: '' },
    { policies: all, init: 'i j', have: ['up', 'i:exit0 j:exit0'], want: 'start a#?' },
    { policies: all, init: 'i j', have: ['up', 'j:exit0'], want: 'start a#?' },
    { policies: all, init: 'i j k', have: ['up', 'i:exit0 j:exit0'], want: 'start init k#?' },
    { policies: all, init: 'i', containers: 'a b', have: ['up', 'i:exit0'], want: 'start a#?, start b#?' },
    { policies: all, init: 'i', have: ['up', 'i:created'], want: 'remove i0, start init i#0' },
    { policies: all, init: 'i j', have: ['up', 'i:exit0 j:created'], want: 'remove j0, start init j#0' },
  ],
  'an init container fails': [
    { policies: restarting, init: 'i', have: ['up', 'i:exit1'], want: 'start init i#1' },
    { policies: restarting, init: 'i j', have: ['up', 'i:exit1'], want: 'start init i#1' },
    { policies: restarting, init: 'i j', have: ['up', 'i:exit0 j:exit3'], want: 'start init j#1' },
    { policies: restarting, init: 'i', have: ['up', 'i:exit1 i:exit1'], want: 'start init i#2' },
    { policies: restarting, init: 'i', have: ['up', 'i:exit1 i:run'], want: '' },
    { policies: restarting, init: 'i', have: ['up', 'i:exit1 i:exit0'], want: 'start a#?' },
    { policies: restarting, init: 'i', backOff: 'i', have: ['up', 'i:exit1'], want: 'wait i' },
    { policies: never, init: 'i', have: ['up', 'i:exit1'], want: 'kill-pod' },
    { policies: never, init: 'i j', have: ['up', 'i:exit0 j:exit1'], want: 'kill-pod' },
    { policies: never, init: 'i', have: ['down', 'i:exit1'], want: '' },
    { policies: restarting, init: 'i', have: ['up', 'i:unknown'], want: 'kill i0, start init i#1' },
    { policies: never, init: 'i', have: ['up', 'i:unknown'], want: 'kill-pod' },
  ],
  'an init container of an earlier sandbox does not count': [
    { policies: all, init: 'i', have: ['down up', 'i:exit0@0'], want: 'start init i#1' },
    {
      policies: all,
      init: 'i j',
      have: ['down up', 'i:exit0@0 j:exit0@0 i:exit0@1'],
      want: 'start init j#1',
    },
    { policies: restarting, init: 'i', have: ['down up', 'i:exit0@0 a:exit1@0 i:run@1'], want: '' },
  ],
  'a container ends': [
    { policies: always, have: ['up', 'a:exit0'], want: 'start a#1' },
    { policies: always, have: ['up', 'a:exit1'], want: 'start a#1' },
    { policies: always, have: ['up', 'a:exit1 a:exit1 a:exit137'], want: 'start a#3' },
    { policies: always, backOff: 'a', have: ['up', 'a:exit1'], want: 'wait a' },
    { policies: always, backOff: 'a', have: ['up', 'a:exit0'], want: 'wait a' },
    { policies: onFailure, have: ['up', 'a:exit1'], want: 'start a#1' },
    { policies: onFailure, backOff: 'a', have: ['up', 'a:exit1'], want: 'wait a' },
    { policies: onFailure, have: ['up', 'a:exit0'], want: 'kill-pod' },
    { policies: never, have: ['up', 'a:exit0'], want: 'kill-pod' },
    { policies: never, have: ['up', 'a:exit1'], want: 'kill-pod' },
    { policies: ['OnFailure', 'Never'], have: ['down', 'a:exit0'], want: '' },
    { policies: never, have: ['down', 'a:exit1'], want: '' },
  ],
  'one of two containers ends': [
    { policies: always, containers: 'a b', have: ['up', 'a:exit0 b:run'], want: 'start a#1' },
    { policies: always, containers: 'a b', have: ['up', 'a:exit1 b:exit0'], want: 'start a#1, start b#1' },
    { policies: always, containers: 'a b', backOff: 'a', have: ['up', 'a:exit1 b:run'], want: 'wait a' },
    {
      policies: always,
      containers: 'a b',
      backOff: 'a',
      have: ['up', 'a:exit1 b:exit1'],
      want: 'wait a, start b#1',
    },
    { policies: onFailure, containers: 'a b', have: ['up', 'a:exit0 b:run'], want: '' },
    { policies: onFailure, containers: 'a b', have: ['up', 'a:exit0 b:exit2'], want: 'start b#1' },
    { policies: onFailure, containers: 'a b', have: ['up', 'a:exit0 b:exit0'], want: 'kill-pod' },
    { policies: never, containers: 'a b', have: ['up', 'a:exit1 b:run'], want: '' },
    { policies: never, containers: 'a b', have: ['up', 'a:exit1 b:exit0'], want: 'kill-pod' },
    { policies: never, containers: 'a b', have: ['up', 'a:exit1'], want: 'start b#?' },
  ],
  'a container that is neither running nor ended': [
    { policies: all, have: ['up', 'a:created'], want: 'remove a0, start a#0' },
    { policies: restarting, have: ['up', 'a:exit1 a:created'], want: 'remove a1, start a#1' },
    { policies: all, have: ['up', 'a:unknown'], want: 'kill a0, start a#1' },
  ],
  'the definition changed': [
    { policies: all, have: ['up', 'a:changed'], want: 'kill a0, start a#1' },
    { policies: all, containers: 'a b', have: ['up', 'a:changed b:run'], want: 'kill a0, start a#1' },
    { policies: all, init: 'i', have: ['up', 'i:exit0 a:changed'], want: 'kill a0, start a#1' },
  ],
  'the sandbox died': [
    { policies: always, have: ['down', 'a:exit137'], want: 'sandbox 1, start a#1' },
    { policies: always, have: ['down', 'a:exit0'], want: 'sandbox 1, start a#1' },
    { policies: always, have: ['down', 'a:run'], want: 'kill-pod, sandbox 1, start a#1' },
    { policies: always, backOff: 'a', have: ['down', 'a:exit1'], want: 'sandbox 1, wait a' },
    { policies: all, have: ['down', ''], want: 'sandbox 1, start a#?' },
    { policies: all, have: ['down down', ''], want: 'sandbox 2, start a#?' },
    { policies: onFailure, have: ['down', 'a:exit137'], want: 'sandbox 1, start a#1' },
    { policies: onFailure, have: ['down', 'a:exit0'], want: '' },
    {
      policies: onFailure,
      containers: 'a b',
      have: ['down', 'a:exit0 b:exit1'],
      want: 'sandbox 1, start b#1',
    },
    { policies: onFailure, containers: 'a b', have: ['down', 'a:exit0 b:exit0'], want: '' },
    { policies: never, have: ['down', 'a:exit137'], want: '' },
    { policies: never, have: ['down', 'a:run'], want: 'kill-pod' },
    { policies: never, containers: 'a b', have: ['down', 'a:exit0'], want: '' },
    {
      policies: restarting,
      init: 'i',
      have: ['down', 'i:exit0 a:exit137'],
      want: 'remove i0, sandbox 1, start init i#1',
    },
    {
      policies: restarting,
      init: 'i j',
      have: ['down', 'i:exit0 j:exit0 a:run'],
      want: 'kill-pod, remove j0, remove i0, sandbox 1, start init i#1',
    },
    { policies: onFailure, init: 'i', have: ['down', 'i:exit0 a:exit0'], want: '' },
    {
      policies: restarting,
      init: 'i',
      have: ['down', 'i:exit0'],
      want: 'remove i0, sandbox 1, start init i#1',
    },
  ],
  'the sandbox is not the right one': [
    { policies: restarting, have: ['noip', 'a:run'], want: 'kill-pod, sandbox 1, start a#1' },
    { policies: restarting, have: ['hostnet', 'a:run'], want: 'kill-pod, sandbox 1, start a#1' },
    {
      policies: restarting,
      hostNetwork: true,
      have: ['up', 'a:run'],
      want: 'kill-pod, sandbox 1, start a#1',
    },
    { policies: restarting, have: ['up up', 'a:run'], want: 'kill-pod, sandbox 2, start a#1' },
    { policies: never, have: ['noip', ''], want: 'kill-pod, sandbox 1, start a#?' },
    { policies: never, have: ['up up', 'a:run'], want: 'kill-pod' },
    { policies: restarting, have: ['down up', 'a:exit1@0'], want: 'start a#1' },
    { policies: restarting, have: ['down up', 'a:exit1@0 a:run@1'], want: '' },
  ],
  'sidecars start in turn and stay': [
    { policies: all, init: '+s', have: ['', ''], want: 'sandbox 0, start init s#?' },
    { policies: all, init: '+s', have: ['up', 's:run'], want: 'start a#?' },
    { policies: all, init: '+s +t', have: ['up', 's:run'], want: 'start init t#?' },
    { policies: all, init: '+s i', have: ['up', 's:run'], want: 'start init i#?' },
    { policies: all, init: '+s i', have: ['up', 's:run i:run'], want: '' },
    { policies: all, init: '+s i', have: ['up', 's:run i:exit0'], want: 'start a#?' },
    { policies: all, init: 'i +s', have: ['up', 'i:exit0'], want: 'start init s#?' },
    { policies: all, init: '+s', have: ['up', 's:run a:run'], want: '' },
    { policies: all, init: '+s', have: ['up', 's:created'], want: 'remove s0, start init s#0' },
    { policies: all, init: '+s i', have: ['up', 's:exit0 i:run'], want: 'start init s#1' },
    { policies: all, init: '+s i', have: ['up', 's:exit1'], want: 'start init s#1' },
    {
      policies: restarting,
      init: '+s i',
      have: ['up', 's:exit1 i:exit1'],
      want: 'start init s#1, start init i#1',
    },
    { policies: never, init: '+s i', have: ['up', 's:run i:exit1'], want: 'kill-pod' },
  ],
  'sidecars are restarted as long as the pod lives': [
    { policies: all, init: '+s', have: ['up', 's:exit0 a:run'], want: 'start init s#1' },
    { policies: all, init: '+s', have: ['up', 's:exit1 a:run'], want: 'start init s#1' },
    { policies: all, init: '+s', have: ['up', 'a:run'], want: 'start init s#?' },
    { policies: all, init: '+s', backOff: 's', have: ['up', 's:exit1 a:run'], want: 'wait s' },
    {
      policies: all,
      init: '+s +t',
      have: ['up', 's:exit0 t:exit0 a:run'],
      want: 'start init s#1, start init t#1',
    },
    { policies: all, init: '+s', have: ['up', 's:unknown a:run'], want: 'kill s0, start init s#1' },
    { policies: all, init: '+s', have: ['up', 's:changed a:run'], want: 'kill s0, start init s#1' },
    { policies: all, init: '+s', have: ['up', 's:changed'], want: 'kill s0, start init s#1, start a#?' },
    {
      policies: always,
      init: '+s',
      have: ['up', 's:changed a:changed'],
      want: 'kill s0, kill a0, start init s#1, start a#1',
    },
    { policies: always, init: '+s', have: ['up', 's:run a:exit0'], want: 'start a#1' },
    { policies: ['OnFailure', 'Never'], init: '+s', have: ['up', 's:run a:exit0'], want: 'kill-pod' },
    { policies: ['OnFailure', 'Never'], init: '+s', have: ['up', 's:exit1 a:exit0'], want: 'kill-pod' },
    { policies: never, init: '+s', have: ['up', 's:exit0 a:exit1'], want: 'kill-pod' },
    { policies: ['OnFailure', 'Never'], init: '+s', have: ['down', 's:exit0 a:exit0'], want: '' },
    {
      policies: restarting,
      init: '+s i',
      have: ['down', 's:exit137 i:exit0 a:exit137'],
      want: 'remove i0, remove s0, sandbox 1, start init s#1',
    },
  ],
  'the startup probe of a sidecar gates the next container': [
    { policies: all, init: '+s', probed: 's', have: ['up', 's:run'], want: '' },
    { policies: all, init: '+s', probed: 's', probes: 'startup s0 unknown', have: ['up', 's:run'], want: '' },
    {
      policies: all,
      init: '+s',
      probed: 's',
      probes: 'startup s0 success',
      have: ['up', 's:run'],
      want: 'start a#?',
    },
    {
      policies: all,
      init: '+s',
      probed: 's',
      probes: 'startup s0 failure',
      have: ['up', 's:run'],
      want: 'kill s0 in 7s, start init s#1',
    },
    {
      policies: all,
      init: '+s',
      probed: 's',
      probes: 'startup s0 success, liveness s0 failure',
      have: ['up', 's:run a:run'],
      want: 'kill s0 in 8s, start init s#1',
    },
    {
      policies: all,
      init: '+s i',
      probed: 's',
      probes: 'startup s0 success, liveness s0 failure',
      have: ['up', 's:run'],
      want: 'kill s0 in 8s, start init s#1, start init i#?',
    },
  ],
  'a probe fails': [
    {
      policies: restarting,
      probed: 'a',
      probes: 'liveness a0 failure',
      have: ['up', 'a:run'],
      want: 'kill a0 in 8s, start a#1',
    },
    {
      policies: restarting,
      probed: 'a',
      probes: 'startup a0 failure',
      have: ['up', 'a:run'],
      want: 'kill a0 in 7s, start a#1',
    },
    {
      policies: restarting,
      probes: 'liveness a0 failure',
      have: ['up', 'a:run'],
      want: 'kill a0, start a#1',
    },
    { policies: all, probes: 'readiness a0 failure', have: ['up', 'a:run'], want: '' },
    { policies: all, probes: 'liveness a0 failure', have: ['up', 'a:exit1 a:run'], want: '' },
    { policies: never, probes: 'liveness a0 failure', have: ['up', 'a:run'], want: 'kill-pod' },
    {
      policies: never,
      containers: 'a b',
      probes: 'liveness a0 failure',
      have: ['up', 'a:run b:run'],
      want: 'kill a0',
    },
    {
      policies: restarting,
      backOff: 'a',
      probes: 'liveness a1 failure',
      have: ['up', 'a:exit1 a:run'],
      want: 'kill a1, wait a',
    },
  ],
  'a container has its own policy': [
    { policies: all, own: 'a=Never', have: ['up', 'a:exit1'], want: 'kill-pod' },
    { policies: all, own: 'a=OnFailure', have: ['up', 'a:exit1'], want: 'start a#1' },
    { policies: all, own: 'a=OnFailure', have: ['up', 'a:exit0'], want: 'kill-pod' },
    { policies: all, own: 'a=Always', have: ['up', 'a:exit0'], want: 'start a#1' },
    { policies: all, own: 'i=Never', init: 'i', have: ['up', 'i:exit1'], want: 'kill-pod' },
    { policies: all, own: 'i=OnFailure', init: 'i', have: ['up', 'i:exit1'], want: 'start init i#1' },
    { policies: all, own: 'i=Never', init: 'i', have: ['up', 'i:unknown'], want: 'kill-pod' },
    {
      policies: all,
      own: 'a=Never',
      probes: 'liveness a0 failure',
      have: ['up', 'a:run'],
      want: 'kill-pod',
    },
    { policies: restarting, own: 'a=OnFailure', have: ['down', 'a:exit0'], want: '' },
    { policies: restarting, own: 'a=OnFailure', have: ['down', 'a:exit1'], want: 'sandbox 1, start a#1' },
  ],
  'an exit code restarts all containers': [
    {
      policies: all,
      own: 'a=Never!7',
      init: 'i +s',
      containers: 'a b',
      have: ['up', 'i:exit0 s:run a:exit7 b:run'],
      want: 'kill b0 in 0s, remove b0 but its log, remove i0 but its log, kill s0 in 0s, remove s0 but its log, remove a0 but its log',
    },
    { policies: all, own: 'a=Never!7', containers: 'a b', have: ['up', 'a:exit6 b:run'], want: '' },
    { policies: all, own: 'a=Never!7', have: ['down', 'a:exit7'], want: 'remove a0 but its log' },
    { policies: all, own: 'a=Never!7', have: ['up', 'a:exit7 a:run'], want: '' },
    {
      policies: all,
      own: 'i=Never!7',
      init: 'i',
      have: ['up', 'i:exit7 i:exit7'],
      want: 'remove i1 but its log, remove i0 but its log',
    },
    { policies: all, own: 'a=Never!7', deadline: true, have: ['up', 'a:exit7'], want: 'kill-pod' },
  ],
  'ephemeral containers run once': [
    { policies: all, ephemeral: 'e', have: ['', ''], want: 'sandbox 0, start a#?' },
    { policies: all, ephemeral: 'e', have: ['up', ''], want: 'start ephemeral e#?, start a#?' },
    { policies: all, ephemeral: 'e f', have: ['up', 'a:run e:run'], want: 'start ephemeral f#?' },
    { policies: all, ephemeral: 'e', have: ['up', 'a:run e:exit1'], want: '' },
    { policies: all, ephemeral: 'e', have: ['up', 'a:run e:unknown'], want: '' },
    {
      policies: all,
      ephemeral: 'e',
      have: ['up', 'a:run e:created'],
      want: 'remove e0, start ephemeral e#0',
    },
    { policies: all, ephemeral: 'e', init: 'i', have: ['up', 'i:run'], want: 'start ephemeral e#?' },
    { policies: all, ephemeral: 'e<a', init: 'i', have: ['up', 'i:run'], want: '' },
    { policies: all, ephemeral: 'e<i', init: 'i', have: ['up', 'i:run'], want: 'start ephemeral e#?' },
    { policies: all, ephemeral: 'e<a', have: ['up', 'a:run'], want: 'start ephemeral e#?' },
    { policies: ['OnFailure', 'Never'], ephemeral: 'e', have: ['up', 'a:exit0'], want: 'kill-pod' },
    { policies: ['OnFailure', 'Never'], ephemeral: 'e', have: ['up', 'a:exit0 e:run'], want: 'kill-pod' },
    { policies: ['OnFailure', 'Never'], ephemeral: 'e', have: ['down', 'a:exit0'], want: '' },
    { policies: always, ephemeral: 'e', have: ['down', 'a:exit1 e:exit137'], want: 'sandbox 1, start a#1' },
    {
      policies: all,
      own: 'a=Never!7',
      ephemeral: 'e',
      have: ['up', 'a:exit7 e:run'],
      want: 'remove a0 but its log',
    },
  ],
  'the deadline is over': [
    { policies: all, deadline: true, have: ['up', 'a:run'], want: 'kill-pod' },
    { policies: all, deadline: true, have: ['up', 'a:exit1'], want: 'kill-pod' },
    { policies: all, deadline: true, have: ['down', 'a:exit137'], want: '' },
    { policies: all, deadline: true, init: 'i', have: ['up', 'i:run'], want: 'kill-pod' },
    { policies: all, deadline: true, have: ['', ''], want: '' },
  ],
};

for (const [title, group] of Object.entries(cases)) {
  for (const each of group) {
    for (const restartPolicy of each.policies) {
      const names = each.containers ?? 'a';
      const init = each.init ? ` after ${each.init}` : '';
      const flags = [
        each.hostNetwork && 'host network',
        each.backOff && `crashed: ${each.backOff}`,
        each.probes,
        each.own,
        each.ephemeral,
      ]
        .filter((flag) => flag)
        .join(', ');
      const have = each.have.map((part) => part || 'nothing').join(' / ');
      test(`${title}: ${names}${init} (${restartPolicy}${flags && `, ${flags}`}) with ${have} → ${each.want || 'nothing'}`, () => {
        const pod = testPod({
          restartPolicy,
          hostNetwork: each.hostNetwork ?? false,
          containers: names.split(' ').map((name) => testedContainer(name, each)),
          ephemeralContainers: (each.ephemeral?.split(' ') ?? []).map((text) => {
            const [name = '', target] = text.split('<');
            return { name, image: `image-${name}`, ...(target && { targetContainerName: target }) };
          }),
          initContainers: (each.init?.split(' ') ?? []).map((text) => initContainer(text, each)),
        });
        const actions = podActions(pod, runtimeStatus(...each.have), {
          backOff: ({ name }) => (name === each.backOff ? { until: 2000, delayMs: 1000 } : undefined),
          probes: probeResults(each.probes ?? ''),
          actuated: sizesOf(pod),
          end: each.deadline ? { by: 'deadline' } : undefined,
        });
        assert.equal(actions.map(show).join(', '), each.want);
      });
    }
  }
}
