import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesToFree, notEnoughText, sizeText } from './disk-use.ts';
import { type ImageRecords, isOld, isRemovable, seen, unused } from './image-records.ts';

const image = (id: string, isPinned = false) => ({ id, sizeBytes: 1n, isPinned });
const inUse = (...ids: string[]) => new Set(ids);

test('images are remembered from when they were first seen, and when they were used', () => {
  const first = seen(new Map(), [image('a'), image('b')], { inUse: inUse('a'), now: 1 });
  const second = seen(first, [image('a'), image('c')], { inUse: inUse(), now: 2 });
  assert.deepEqual(
    [...second.values()].map(({ id, detectedAt, usedAt }) => [id, detectedAt, usedAt]),
    [
      ['a', 1, 1],
      ['c', 2, undefined],
    ],
  );
});

test('what was never used goes first, then what was not used for the longest time; nothing pinned, nothing in use', () => {
  let records: ImageRecords = new Map();
  const all = ['late', 'early', 'never', 'newer', 'used']
    .map((id) => image(id))
    .concat(image('pinned', true));
  records = seen(
    records,
    all.filter(({ id }) => id !== 'newer'),
    { inUse: inUse('early'), now: 1 },
  );
  records = seen(records, all, { inUse: inUse('late', 'used'), now: 2 });
  assert.deepEqual(
    unused(records, inUse('used')).map(({ id }) => id),
    ['never', 'newer', 'early', 'late'],
  );
});

test('ages of images', () => {
  const record = { ...image('a'), detectedAt: 10, usedAt: 20 };
  assert.deepEqual(
    [isOld(record, 5, 25), isOld(record, 5, 26), isOld({ ...record, usedAt: undefined }, 5, 11)],
    [false, true, true],
  );
  assert.deepEqual(
    [isRemovable(record, 15, 24), isRemovable(record, 15, 25), isRemovable(record, 0, 20)],
    [false, true, false],
  );
});

const policy = { highPercent: 85, lowPercent: 80, minAgeMs: 0, maxAgeMs: 0 };
const cases: [available: bigint, wanted: bigint | undefined][] = [
  [160n, undefined],
  [150n, 50n],
  [0n, 200n],
  [2000n, undefined],
];
for (const [available, wanted] of cases) {
  test(`${available} of 1000 available: ${wanted ?? 'nothing'} is to be freed`, () => {
    assert.equal(bytesToFree({ capacity: 1000n, available }, policy), wanted);
  });
}

test('a failure is told in the words of the real kubelet', () => {
  assert.equal(
    notEnoughText({ capacity: 3n * 2n ** 29n, available: 0n }, 7n),
    "Insufficient free disk space on the node's image filesystem (100% of 1.5 GiB used). Failed to free sufficient space by deleting unused images (freed 7 bytes). Investigate disk usage, as it could be used by active images, logs, volumes, or other data.",
  );
  assert.deepEqual([sizeText(5n), sizeText(1536n), sizeText(2n ** 50n)], ['5 B', '1.5 KiB', '1024.0 TiB']);
});
