import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge, report, type Sample, slope } from './figures.ts';

test('the slope of a line is found, also under noise', () => {
  assert.equal(slope([]), 0);
  assert.equal(slope([[1, 5]]), 0);
  assert.equal(slope([0, 1, 2, 3].map((x) => [x, 2 * x + 1] as const)), 2);
  const noisy = Array.from({ length: 100 }, (_, x) => [x, 3 * x + (x % 2 === 0 ? 5 : -5)] as const);
  assert.ok(Math.abs(slope(noisy) - 3) < 0.1);
});

const samples = (grow: (hours: number) => Partial<Sample>): Sample[] =>
  Array.from({ length: 60 }, (_, minute) => ({
    at: minute * 60_000,
    residentMiB: 80,
    descriptors: 40,
    threads: 12,
    databaseKiB: 200,
    processes: 4,
    mounts: 5,
    ...grow(minute / 60),
  }));
const failing = (grow: (hours: number) => Partial<Sample>) =>
  judge(samples(grow)).flatMap(({ figure, passed }) => (passed ? [] : [figure]));

const cases: [name: string, grow: (hours: number) => Partial<Sample>, fails: string[]][] = [
  ['level', () => ({}), []],
  ['up and down', (hours) => ({ residentMiB: 80 + 20 * Math.sin(hours * 60) }), []],
  ['a leak of memory', (hours) => ({ residentMiB: 80 + 60 * hours }), ['residentMiB']],
  ['a leak of descriptors', (hours) => ({ descriptors: 40 + Math.floor(30 * hours) }), ['descriptors']],
  ['one more at the end', (hours) => ({ threads: hours > 0.9 ? 13 : 12 }), []],
  ['less and less', (hours) => ({ databaseKiB: 500 - 100 * hours }), []],
];

for (const [name, grow, fails] of cases) {
  test(`a soak: ${name}`, () => assert.deepEqual(failing(grow), fails));
}

test('the report says it in one word', () => {
  assert.match(report(judge(samples(() => ({})))), /\nPASS$/);
  assert.match(
    report(judge(samples((hours) => ({ threads: 12 + 9 * hours })))),
    /threads .* GROWS\n[\s\S]*FAIL$/,
  );
});
