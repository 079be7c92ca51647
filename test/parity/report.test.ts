import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Json } from './case.ts';
import { type Compared, report, slowest } from './report.ts';

const compared = (name: string, real: Json, ours: Json): Compared => ({
  area: 'layers',
  name,
  real: { facts: real },
  ours: { facts: ours, said: 'no' },
  ms: [1, 2],
});

test('equal facts are told by their number', () => {
  assert.deepEqual(report([compared('a', { files: ['x'] }, { files: ['x'], more: undefined })], []), {
    lines: [
      '  layers: 1 inputs, 0 differ as listed, 0 unexpected',
      'parity: 1 inputs, 0 differ as listed, 0 unexpected',
    ],
    unexpected: 0,
  });
});

test('a difference is told by what only one side has, and by what it said', () => {
  const { lines, unexpected } = report([compared('a', { files: ['x', 'y'] }, { refused: 'image' })], []);
  assert.equal(unexpected, 1);
  assert.deepEqual(lines.slice(0, 5), [
    'DIFFERENT: layers: a',
    '    real: files[]: "x"',
    '    real: files[]: "y"',
    '    ours: refused: "image"',
    '    ours said: no',
  ]);
});

test('a listed difference is none that is unexpected, as long as it is there', () => {
  const listed = [{ cases: ['layers: a'], reason: 'Because.' }];
  assert.equal(report([compared('a', 1, 2)], listed).unexpected, 0);
  const { lines, unexpected } = report([compared('a', 1, 1)], listed);
  assert.equal(unexpected, 1);
  assert.match(lines[0] ?? '', /^NO LONGER DIFFERENT/);
  assert.equal(report([compared('b', 1, 1)], listed).unexpected, 0);
});

test('a case that fails itself is unexpected, also when it fails on both sides', () => {
  const broken = { broken: 'Error: x' };
  const { lines, unexpected } = report(
    [{ area: 'cni', name: 'a', real: broken, ours: broken, ms: [1, 1] }],
    [],
  );
  assert.equal(unexpected, 1);
  assert.deepEqual(lines.slice(0, 3), ['BROKEN: cni: a', '    real: Error: x', '    ours: Error: x']);
});

test('the slowest case comes first', () => {
  const taking = (name: string, ms: Compared['ms']): Compared => ({ ...compared(name, 1, 1), ms });
  assert.deepEqual(slowest([taking('a', [5, 1]), taking('b', [1, 9]), taking('c', [2, 2])], 2), [
    'layers: b: 1 ms, ours 9 ms',
    'layers: a: 5 ms, ours 1 ms',
  ]);
});
