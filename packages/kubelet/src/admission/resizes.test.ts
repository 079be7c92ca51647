import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '../api/pod.ts';
import { testNodeFacts } from '../testing/node-facts.ts';
import { testPod } from '../testing/pod.ts';
import { admitResizes } from './resizes.ts';

const node = {
  ...testNodeFacts({ name: 'node', maxPods: 9 }),
  allocatable: new Map([
    ['cpu', 4_000_000_000n],
    ['memory', 4n * 1024n ** 3n * 1_000_000_000n],
  ]),
};

/** `a:2`: pod a requests two cores; with `!` it is limited to them, and to 1Gi; with `^9` it has priority 9. */
function podOf(text: string): Pod {
  const [, uid = '', cpu = '', guaranteed, priority] = /^(\w+):(\d*)(!?)(?:\^(\d+))?$/.exec(text) ?? [];
  const requests: Record<string, string> = { ...(cpu && { cpu }), ...(guaranteed && { memory: '1Gi' }) };
  const resources = { requests, ...(guaranteed && { limits: requests }) };
  return testPod(
    { containers: [{ name: 'c', resources }], ...(priority && { priority: Number(priority) }) },
    { name: uid, uid },
  );
}

interface Case {
  title: string;
  running: string;
  /** Running pods as they are to be. */
  wanted: string;
  resized: string;
  pending?: Record<string, string>;
  preempted?: string;
}

const outOfCpu = (requested: number, used: number): string =>
  `Deferred: Node didn't have enough resource: cpu, requested: ${requested}000, used: ${used}000, capacity: 4000`;

const cases: Case[] = [
  { title: 'its own share counts once', running: 'a:3 b:1', wanted: 'a:2', resized: 'a' },
  { title: 'all that is left', running: 'a:1 b:1', wanted: 'a:3', resized: 'a' },
  {
    title: 'more than is left',
    running: 'a:1 b:2',
    wanted: 'a:3',
    resized: '',
    pending: { a: outOfCpu(3, 2) },
  },
  { title: 'one gives what another needs', running: 'a:1 b:3', wanted: 'a:2 b:2', resized: 'b a' },
  {
    title: 'by priority',
    running: 'a:1 b:1',
    wanted: 'a:3 b:3^5',
    resized: 'b',
    pending: { a: outOfCpu(3, 3) },
  },
  {
    title: 'guaranteed ones first',
    running: 'a:1 b:1!',
    wanted: 'a:3 b:3!',
    resized: 'b',
    pending: { a: outOfCpu(3, 3) },
  },
  {
    title: 'another class',
    running: 'a:1',
    wanted: 'a:1!',
    resized: '',
    pending: { a: 'Infeasible: Pod QOS Class may not change as a result of resizing' },
  },
  { title: 'one that does not run', running: 'a:1', wanted: 'b:1', resized: '' },
  {
    title: 'a critical one takes the room',
    running: 'a:1 b:3',
    wanted: 'a:2^2000000000',
    resized: 'a',
    preempted: 'b for a',
  },
];

for (const { title, running, wanted, resized, pending = {}, preempted = '' } of cases) {
  test(title, () => {
    const pods = running.split(' ').map(podOf);
    const resizes = wanted.split(' ').map((text) => {
      const desired = podOf(text);
      const present = pods.find(({ metadata }) => metadata.uid === desired.metadata.uid) ?? desired;
      return { present, desired };
    });
    const admission = admitResizes(resizes, node, pods);
    assert.equal(admission.resized.map(({ metadata }) => metadata.uid).join(' '), resized);
    const reasons = [...admission.pending].map(([uid, { reason, message }]) => [
      uid,
      `${reason}: ${message}`,
    ]);
    assert.deepEqual(Object.fromEntries(reasons), pending);
    const victims = admission.preempted.map(
      ({ pod, preemptor }) => `${pod.metadata.uid} for ${preemptor.metadata.uid}`,
    );
    assert.equal(victims.join(', '), preempted);
  });
}

const swapping: [title: string, changes: object, canSwap: boolean, reason: string | undefined][] = [
  ['memory of what may swap', { memory: '2Mi' }, true, 'Infeasible'],
  ['memory where nothing may swap', { memory: '2Mi' }, false, undefined],
  ['CPU of what may swap', { memory: '1Mi', cpu: '1' }, true, undefined],
];
for (const [title, requests, canSwap, reason] of swapping) {
  test(`${title} is ${reason ?? 'changed'}, and changed by a restart`, () => {
    const versions = (policy: object) =>
      [{ memory: '1Mi' }, requests].map((each) =>
        testPod({ containers: [{ name: 'c', resources: { requests: { ...each } }, ...policy }] }),
      );
    const judge = ([present, desired]: ReturnType<typeof versions>) => {
      assert.ok(present && desired);
      const { pending } = admitResizes([{ present, desired }], { ...node, canSwap }, [present]);
      return pending.get('u')?.reason;
    };
    assert.equal(judge(versions({})), reason);
    const restarts = [{ resourceName: 'memory', restartPolicy: 'RestartContainer' }];
    assert.equal(judge(versions({ resizePolicy: restarts })), undefined);
  });
}
