import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Container, Pod, ResourceRequirements } from '../../api/pod.ts';
import { type ActuatedSizes, sizesOf } from '../../cgroups/sizes.ts';
import { testPod } from '../../testing/pod.ts';
import { runtimeStatus } from '../../testing/runtime-status.ts';
import type { ContainerResize, PodAction } from './actions.ts';
import { podActions } from './pod-actions.ts';
import { isResizing } from './resize.ts';

/** `500m/64Mi`: limits of CPU and memory, and requests as much; `500m<1/`: another limit of CPU. */
function resources(text: string): ResourceRequirements {
  const [cpu = '', memory = ''] = text.split('/');
  const list = (index: number) =>
    Object.fromEntries(
      [
        ['cpu', cpu],
        ['memory', memory],
      ].flatMap(([name = '', both = '']) => {
        const amount = both.split('<').at(index);
        return amount ? [[name, amount]] : [];
      }),
    );
  return { requests: list(0), limits: list(-1) };
}

/** `a:500m/64Mi b:/`, with `!cpu` behind what restarts for CPU. */
function podOf(containers: string, init = '', own?: string): Pod {
  const parse = (text: string): (Partial<Container> & { name: string })[] =>
    text.split(' ').flatMap((each) => {
      const [, sidecar, name, amounts, resourceName] =
        /^(\+?)(\w+):([^!]+)(?:!(cpu|memory))?$/.exec(each) ?? [];
      if (name === undefined) return [];
      return [
        {
          name,
          image: `image-${name}`,
          resources: resources(amounts ?? ''),
          ...(sidecar && { restartPolicy: 'Always' as const }),
          ...(resourceName && {
            resizePolicy: [{ resourceName, restartPolicy: 'RestartContainer' }],
          }),
        },
      ];
    });
  return testPod({
    containers: parse(containers),
    initContainers: parse(init),
    ...(own && { resources: resources(own) }),
  });
}

const showResizes = (resizes: readonly ContainerResize[]): string => resizes.map(({ id }) => id).join('+');

function show(action: PodAction): string {
  if (action.do !== 'resize-pod') return `${action.do}${'name' in action ? ` ${action.name}` : ''}`;
  const parts = [
    action.memory.length > 0 && `memory ${showResizes(action.memory)}`,
    action.cpu.length > 0 && `cpu ${showResizes(action.cpu)}`,
    action.wholePod && 'pod',
  ];
  return `resize ${parts.filter((part) => part).join(' ')}`;
}

function steps(pod: Pod, actuated: ActuatedSizes, have: [string, string]): string {
  const context = { backOff: () => undefined, probes: { result: () => undefined }, actuated, end: undefined };
  return podActions(pod, runtimeStatus(...have), context)
    .map(show)
    .join(', ');
}

interface Case {
  title: string;
  /** Of containers, of init containers and of the pod itself. */
  from: [containers: string, init?: string, own?: string];
  to: [containers: string, init?: string, own?: string];
  have: [sandboxes: string, containers: string];
  want: string;
  isResizing: boolean;
}

const cases: Case[] = [
  {
    title: 'nothing changes',
    from: ['a:500m/64Mi'],
    to: ['a:0.5/65536Ki'],
    have: ['up', 'a:run'],
    want: '',
    isResizing: false,
  },
  {
    title: 'CPU',
    from: ['a:500m/64Mi'],
    to: ['a:1/64Mi'],
    have: ['up', 'a:run'],
    want: 'resize cpu a0',
    isResizing: true,
  },
  {
    title: 'a request alone',
    from: ['a:500m<1/64Mi'],
    to: ['a:600m<1/64Mi'],
    have: ['up', 'a:run'],
    want: 'resize cpu a0',
    isResizing: true,
  },
  {
    title: 'both',
    from: ['a:500m/64Mi'],
    to: ['a:1/32Mi'],
    have: ['up', 'a:run'],
    want: 'resize memory a0 cpu a0',
    isResizing: true,
  },
  {
    title: 'what shrinks goes first',
    from: ['a:1/64Mi b:1/64Mi c:1/64Mi'],
    to: ['a:2/64Mi b:500m/65Mi c:400m/63Mi'],
    have: ['up', 'a:run b:run c:run'],
    want: 'resize memory c0+b0 cpu c0+b0+a0',
    isResizing: true,
  },
  {
    title: 'a policy that restarts',
    from: ['a:1/64Mi!cpu'],
    to: ['a:2/64Mi!cpu'],
    have: ['up', 'a:run'],
    want: 'kill-container a, resize pod, start-container a',
    isResizing: true,
  },
  {
    title: 'a policy for another resource',
    from: ['a:1/64Mi!memory'],
    to: ['a:2/64Mi!memory'],
    have: ['up', 'a:run'],
    want: 'resize cpu a0',
    isResizing: true,
  },
  {
    title: 'one restarts and one does not',
    from: ['a:1/64Mi!cpu b:1/64Mi'],
    to: ['a:2/64Mi!cpu b:2/64Mi'],
    have: ['up', 'a:run b:run'],
    want: 'kill-container a, resize cpu b0 pod, start-container a',
    isResizing: true,
  },
  {
    title: 'a container that starts with another size',
    from: ['a:1/64Mi'],
    to: ['a:2/64Mi'],
    have: ['up', 'a:exit1'],
    want: 'resize pod, start-container a',
    isResizing: false,
  },
  {
    title: 'a new sandbox',
    from: ['a:1/64Mi'],
    to: ['a:2/64Mi'],
    have: ['down', 'a:exit1'],
    want: 'create-sandbox, resize pod, start-container a',
    isResizing: false,
  },
  {
    title: 'a sidecar',
    from: ['a:1/64Mi', '+i:1/64Mi'],
    to: ['a:1/64Mi', '+i:2/64Mi'],
    have: ['up', 'i:run a:run'],
    want: 'resize cpu i0',
    isResizing: true,
  },
  {
    title: 'a sidecar that restarts',
    from: ['a:1/64Mi', '+i:1/64Mi!cpu'],
    to: ['a:1/64Mi', '+i:2/64Mi!cpu'],
    have: ['up', 'i:run a:run'],
    want: 'kill-container i, resize pod, start-container i',
    isResizing: true,
  },
  {
    title: 'an init container while it runs',
    from: ['a:1/64Mi', 'i:1/64Mi'],
    to: ['a:1/64Mi', 'i:1/128Mi'],
    have: ['up', 'i:run'],
    want: 'resize memory i0',
    isResizing: true,
  },
  {
    title: 'an init container that has ended',
    from: ['a:1/64Mi', 'i:1/64Mi'],
    to: ['a:1/64Mi', 'i:1/128Mi'],
    have: ['up', 'i:exit0 a:run'],
    want: '',
    isResizing: false,
  },
  {
    title: 'resources of the pod, which limit a container without any',
    from: ['a:/', '', '1/64Mi'],
    to: ['a:/', '', '2/64Mi'],
    have: ['up', 'a:run'],
    want: 'resize cpu a0 pod',
    isResizing: true,
  },
  {
    title: 'another image as well',
    from: ['a:1/64Mi'],
    to: ['a:2/64Mi'],
    have: ['up', 'a:changed'],
    want: 'kill-container a, resize pod, start-container a',
    isResizing: true,
  },
];

for (const { title, from, to, have, want, isResizing: resizing } of cases) {
  test(`${title}: ${want || 'nothing'}`, () => {
    const [pod, actuated] = [podOf(...to), sizesOf(podOf(...from))];
    assert.equal(steps(pod, actuated, have), want);
    assert.equal(isResizing(pod, runtimeStatus(...have), actuated), resizing);
    assert.doesNotMatch(steps(pod, sizesOf(pod), have), /resize/);
  });
}

test('a container of which no size is known has what it asks for', () => {
  const pod = podOf('a:1/64Mi');
  assert.equal(steps(pod, { ...sizesOf(pod), containers: new Map() }, ['up', 'a:run']), '');
});
