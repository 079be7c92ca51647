import assert from 'node:assert/strict';
import { test } from 'node:test';
import { containerCgroup, ownedCgroup, podCgroup, removableCgroups } from './pod-cgroup.ts';

test('cgroupfs: the id below the parent', () => {
  assert.equal(containerCgroup('/kubepods/podu', 'c1', false), '/kubepods/podu/c1');
  assert.equal(containerCgroup('berth', 'c1', false), '/berth/c1');
  assert.equal(podCgroup('/kubepods/podu', false), '/kubepods/podu');
});

test('systemd: a scope in the nested slice', () => {
  assert.equal(containerCgroup('a-b-c.slice', 'c1', true), '/a.slice/a-b.slice/a-b-c.slice/berth-c1.scope');
  assert.equal(containerCgroup('/x/system.slice', 'c1', true), '/system.slice/berth-c1.scope');
  assert.equal(podCgroup('-.slice', true), '/');
});

const exists = (path: string) => ['/kubepods', '/kubepods/poda'].includes(path);
const ownedCases: [pod: string, others: { pod: string; owned: string }[], owned: string][] = [
  ['/kubepods/poda', [], ''],
  ['/kubepods/podb', [], '/kubepods/podb'],
  ['/x/y/z', [], '/x'],
  ['/x/q', [{ pod: '/x/y', owned: '/x' }], '/x'],
  ['/xy', [{ pod: '/x/y', owned: '/x' }], '/xy'],
];
for (const [pod, others, owned] of ownedCases) {
  test(`a pod in ${pod} brings ${owned || 'nothing'}`, () =>
    assert.equal(ownedCgroup(pod, others, exists), owned));
}

const removableCases: [pod: string, owned: string, others: string[], removed: string[]][] = [
  ['/kubepods/poda', '', [], []],
  ['/x', '/x', [], ['/x']],
  ['/x', '/x', ['/x'], []],
  ['/x/a', '/x', ['/x/b'], ['/x/a']],
  ['/x/a', '/x', ['/y', '/xz'], ['/x']],
];
for (const [pod, owned, others, removed] of removableCases) {
  test(`the pod in ${pod}, which brought ${owned || 'nothing'}, goes beside ${others}`, () =>
    assert.deepEqual(
      removableCgroups(
        { pod, owned },
        others.map((other) => ({ pod: other, owned: '' })),
      ),
      removed,
    ));
}
