import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ownedCgroup, removableCgroups } from './owned-cgroups.ts';

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
