// README.md and docs/performance.md have the figures of bench/RESULTS.md.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { chartOf, withFigures } from './performance.ts';
import { speedChart } from './speed-chart.ts';

const root = dirname(import.meta.dirname);
const textOf = (path: string) => readFileSync(join(root, path), 'utf8');

for (const document of ['README.md', 'docs/performance.md']) {
  test(`${document} has the newest figures: npm run performance`, () => {
    const text = textOf(document);
    assert.equal(text, withFigures(text, textOf('bench/RESULTS.md')));
  });
}

test('docs/speed.svg has the newest figures: npm run performance', () => {
  assert.equal(textOf('docs/speed.svg'), chartOf(textOf('bench/RESULTS.md')));
});

test('a bar is as long as its share of the peer, and what is worse has another colour', () => {
  const row = { title: 'a', berth: '1 ms', peer: '2 ms', peerName: 'p <x>' };
  const chart = speedChart([
    { ...row, ratio: 0.5 },
    { ...row, ratio: 1.25 },
  ]);
  assert.match(chart, /width="145" height="20" rx="3" fill="#0969da"/);
  assert.match(chart, /width="363" height="20" rx="3" fill="#9a6700"/);
  assert.match(chart, /1 ms, and 2 ms of p &lt;x>/);
});

test('a figure that is gone is an error', () => {
  assert.throws(() => withFigures(textOf('README.md'), '# Results\n'), /no ratio of "pod up" in pods/);
});
