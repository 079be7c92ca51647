import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytes, compareQuantities, cpuMillis, formatQuantity, parseQuantity } from './quantity.ts';

test('quantities become canonical', () => {
  const cases: [string | number, string][] = [
    ['0', '0'],
    ['1', '1'],
    [1, '1'],
    [0.5, '500m'],
    ['1.5', '1500m'],
    ['.25', '250m'],
    ['1.', '1'],
    ['1000m', '1'],
    ['1500', '1500'],
    ['2000', '2k'],
    ['1.5Gi', '1536Mi'],
    ['1024Ki', '1Mi'],
    ['512Ki', '512Ki'],
    ['0.5Ki', '512'],
    ['100M', '100M'],
    ['1e3', '1e3'],
    ['1E6', '1e6'],
    ['12e2', '1200e0'],
    ['1E', '1E'],
    ['1n', '1n'],
    ['0.1n', '1n'],
    ['-2', '-2'],
    ['+3k', '3k'],
    [1e21, '9223372036854775807e0'],
    ['1e1000', '9223372036854775807e0'],
    ['1e-99999', '1e-9'],
    // Digits may be missing, the text may not.
    ['Mi', '0'],
    ['-Mi', '0'],
    ['.', '0'],
    ['+', '0'],
    ['e3', '0'],
    ['.Mi', '0'],
  ];
  for (const [input, canonical] of cases) {
    const expected = canonical.replace(/e0$/, '');
    assert.equal(formatQuantity(parseQuantity(input)), expected, String(input));
  }
});

test('what is no quantity is refused', () => {
  for (const input of [
    '',
    'x',
    '1 Gi',
    '1gi',
    '1KB',
    '1.2.3',
    '--1',
    '1e',
    'e',
    'EE',
    'mi',
    '..',
    'Ki1',
    '0x10',
    'NaN',
    'Infinity',
  ]) {
    assert.throws(() => parseQuantity(input), /must match the regular expression/, input);
  }
});

test('units of CPU and memory', () => {
  assert.equal(cpuMillis('0.1'), 100);
  assert.equal(cpuMillis('1'), 1000);
  assert.equal(cpuMillis('100u'), 1);
  assert.equal(bytes('64Mi'), 67_108_864n);
  assert.equal(bytes('100m'), 1n);
  assert.equal(compareQuantities('1000m', '1'), 0);
  assert.equal(compareQuantities('1Gi', '1G'), 1);
  assert.equal(compareQuantities('999m', '1'), -1);
});
