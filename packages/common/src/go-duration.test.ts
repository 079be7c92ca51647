import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatGoDuration, goDurationProblem, parseGoDuration } from './go-duration.ts';

test('durations are parsed as by Go', () => {
  const cases: [text: string, milliseconds: number][] = [
    ['0', 0],
    ['+0', 0],
    ['2s', 2000],
    ['1h1m1s1ms', 3_661_001],
    ['1.5h', 5_400_000],
    ['.5s', 500],
    ['5.s', 5000],
    ['1m1m', 120_000],
    ['1h1us', 3_600_000.001],
    ['1µs', 0.001],
    ['1μs', 0.001],
    ['500ns', 0.0005],
    ['-2m', -120_000],
    ['+3s', 3000],
    ['2562047h47m16s', 9_223_372_036_000],
  ];
  for (const [text, milliseconds] of cases) assert.equal(parseGoDuration(text), milliseconds, text);
});

test('a text that is not a duration has the problem that Go names', () => {
  const cases: [text: string, problem: string][] = [
    ['', 'time: invalid duration ""'],
    ['-', 'time: invalid duration "-"'],
    ['s', 'time: invalid duration "s"'],
    ['.s', 'time: invalid duration ".s"'],
    [' 1s', 'time: invalid duration " 1s"'],
    ['--1s', 'time: invalid duration "--1s"'],
    ['5', 'time: missing unit in duration "5"'],
    ['10', 'time: missing unit in duration "10"'],
    ['1m5', 'time: missing unit in duration "1m5"'],
    ['1..5s', 'time: missing unit in duration "1..5s"'],
    ['3d', 'time: unknown unit "d" in duration "3d"'],
    ['1 s', 'time: unknown unit " s" in duration "1 s"'],
    ['1toString', 'time: unknown unit "toString" in duration "1toString"'],
    ['2562048h', 'time: invalid duration "2562048h"'],
  ];
  for (const [text, problem] of cases) {
    assert.equal(goDurationProblem(text), problem);
    assert.equal(parseGoDuration(text), undefined, text);
  }
  assert.equal(goDurationProblem('1s'), undefined);
});

test('durations are printed as by Go', () => {
  const cases: [milliseconds: number, text: string][] = [
    [0, '0s'],
    [0.000001, '1ns'],
    [0.0015, '1.5µs'],
    [1, '1ms'],
    [500, '500ms'],
    [2000, '2s'],
    [1500.25, '1.50025s'],
    [80_000, '1m20s'],
    [300_000, '5m0s'],
    [3_600_000, '1h0m0s'],
    [86_400_000, '24h0m0s'],
    [-90_000, '-1m30s'],
    [-0.5, '-500µs'],
  ];
  for (const [milliseconds, text] of cases) {
    assert.equal(formatGoDuration(milliseconds), text);
    assert.equal(parseGoDuration(text), milliseconds, text);
  }
});
