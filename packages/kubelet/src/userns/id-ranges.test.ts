import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NodeIds } from '../options/subordinate-ids.ts';
import { freeIds, idsFileText, parseIdsFile } from './id-ranges.ts';

const unit = 65_536;
const range = (index: number, count = 1) => ({ firstId: index * unit, length: count * unit });
const node: NodeIds = { ...range(1, 3), idsPerPod: unit };

test('each pod has a free range, from a random one on', () => {
  assert.deepEqual(freeIds(node, [], 0), range(1));
  assert.deepEqual(freeIds(node, [], 0.999), range(3));
  assert.deepEqual(freeIds(node, [range(1)], 0), range(2));
  assert.deepEqual(freeIds(node, [range(3), range(1)], 0.8), range(2));
  assert.equal(freeIds(node, [range(1), range(2), range(3)], 0.5), undefined);
});

test('ranges that were given out with other settings are in use all the same', () => {
  const large: NodeIds = { ...range(2, 6), idsPerPod: 2 * unit };
  assert.deepEqual(freeIds(large, [range(3)], 0), range(4, 2));
  assert.deepEqual(freeIds(large, [range(5)], 0), range(2, 2));
  assert.deepEqual(freeIds(large, [range(5)], 0.4), range(6, 2));
  assert.deepEqual(freeIds(node, [range(0, 2)], 0), range(2));
  assert.deepEqual(freeIds(node, [range(1, 2), range(90)], 0), range(3));
});

test('the file is the one of the real kubelet', () => {
  const text =
    '{"uidMappings":[{"hostId":131072,"containerId":0,"length":65536}],"gidMappings":[{"hostId":131072,"containerId":0,"length":65536}]}';
  assert.equal(idsFileText(range(2)), text);
  assert.deepEqual(parseIdsFile(text), range(2));
});

test('a file that this kubelet did not write is refused', () => {
  const mapping = (changes: object) => ({ hostId: unit, containerId: 0, length: unit, ...changes });
  const file = (...users: object[]) => ({ uidMappings: users, gidMappings: users });
  const cases: [unknown, RegExp][] = [
    ['', /mappings file/],
    [[], /mappings file/],
    [file(), /no more than one mapping/],
    [file(mapping({}), mapping({})), /no more than one mapping/],
    [{ ...file(mapping({})), gidMappings: [mapping({ length: 1 })] }, /should be identical/],
    [file(mapping({ containerId: 1 })), /UID 0 must be mapped/],
    [file(mapping({ hostId: 0 })), /not a range/],
    [file(mapping({ hostId: 2 ** 32 })), /not a range/],
    [file(mapping({ length: 0 })), /not a range/],
    [file(mapping({ length: '65536' })), /not a range/],
  ];
  for (const [value, error] of cases) assert.throws(() => parseIdsFile(JSON.stringify(value)), error);
});
