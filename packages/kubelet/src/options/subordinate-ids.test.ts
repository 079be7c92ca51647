import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type NodeIds, nodeIdsProblem, subordinateIds } from './subordinate-ids.ts';

const passwd = 'root:x:0:0::/root:/bin/sh\nkubelet:x:990:990::/:/bin/false\n';
const everything = { firstId: 65_536, length: 2 ** 32 - 65_536, idsPerPod: 65_536 };

test('the ids of the user kubelet', () => {
  const own = { firstId: 131_072, length: 7_208_960, idsPerPod: 65_536 };
  const line = (name: string) => `other:1:1\n${name}:131072:7208960\n`;
  const files = { passwd, subuid: line('kubelet'), subgid: line('kubelet') };
  assert.deepEqual(subordinateIds(files, 65_536), own);
  assert.deepEqual(subordinateIds({ ...files, subuid: line('990') }, 65_536), own);
  assert.deepEqual(subordinateIds({ ...files, passwd: '' }, 65_536), everything);
  assert.deepEqual(subordinateIds({ passwd, subuid: '', subgid: '' }, 65_536), everything);
  assert.deepEqual(subordinateIds({ passwd: '', subuid: '', subgid: '' }, 131_072), {
    firstId: 131_072,
    length: 2 ** 32 - 131_072,
    idsPerPod: 131_072,
  });
});

test('what is no single range for users and groups is refused', () => {
  const cases: [subuid: string, subgid: string, error: RegExp][] = [
    ['kubelet:65536:65536', '', /mismatched subuids and subgids for user "kubelet"/],
    ['kubelet:65536:65536', 'kubelet:131072:65536', /mismatched/],
    ['kubelet:1:1\nkubelet:9:1', 'kubelet:1:1\nkubelet:9:1', /it must contain only one line/],
    ['kubelet:a:1', 'kubelet:a:1', /invalid line "a:1"/],
    ['kubelet:1', 'kubelet:1', /invalid line "1"/],
    ['kubelet:65536:4294967296', 'kubelet:65536:4294967296', /invalid line/],
  ];
  for (const [subuid, subgid, error] of cases)
    assert.throws(() => subordinateIds({ passwd, subuid, subgid }, 65_536), error);
});

const node: NodeIds = { firstId: 65_536, length: 3 * 65_536, idsPerPod: 65_536 };

test('the ids of a node have to be for enough pods, and never for root', () => {
  const cases: [NodeIds, maxPods: number, problem: string | undefined][] = [
    [node, 3, undefined],
    [node, 4, 'kubelet user assigned IDs are not enough to support 4 pods'],
    [{ ...node, idsPerPod: 65_537 }, 1, 'kubelet user namespace length 65537 is not a multiple of 65536'],
    [{ ...node, firstId: 1 }, 1, 'kubelet user assigned ID 1 is not a multiple of 65536'],
    [{ ...node, firstId: 0 }, 1, 'kubelet user assigned ID 0 must be greater or equal to 65536'],
    [{ ...node, length: 1 }, 1, 'kubelet user assigned IDs length 1 is not a multiple of 65536'],
  ];
  for (const [ids, maxPods, problem] of cases) assert.equal(nodeIdsProblem(ids, maxPods), problem);
});
