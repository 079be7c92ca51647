import assert from 'node:assert/strict';
import { test } from 'node:test';
import { castSvg, distinctFrames } from './cast.ts';

const size = { columns: 20, rows: 2, lastMs: 1000, title: 'a <b>' };

test('frames follow each other, the last one stays, and rows that repeat are drawn once', () => {
  const svg = castSvg(
    [
      { at: 0, text: '$ ls\n' },
      { at: 500, text: '$ ls\nfile' },
      { at: 1000, text: '$ ls\nfile' },
    ],
    size,
  );
  assert.equal(svg.match(/<g class="frame"/g)?.length, 2);
  assert.equal(svg.match(/\$ ls/g)?.length, 1);
  assert.match(
    svg,
    /@keyframes f0 \{ 0% \{ visibility: hidden; \} 0\.000% \{ visibility: visible; \} 33\.333% \{ visibility: hidden; \} \}/,
  );
  assert.match(svg, /@keyframes f1 \{ 0% \{ visibility: hidden; \} 33\.333% \{ visibility: visible; \} \}/);
  assert.match(svg, /animation: 1500ms step-end infinite/);
  assert.match(svg, /<title>a &lt;b&gt;<\/title>/);
});

test('colours become classes until they are set back, and text keeps its column', () => {
  const svg = castSvg([{ at: 0, text: 'ab \x1b[1;32mok\x1b[39m!\x1b[0m <x>' }], size);
  assert.match(svg, /<tspan x="14\.0" textLength="21\.6">ab <\/tspan>/);
  assert.match(svg, /<tspan class="bold c2" x="35\.6" textLength="14\.4">ok<\/tspan>/);
  assert.match(svg, /<tspan class="bold" x="50\.0" textLength="7\.2">!<\/tspan>/);
  assert.match(svg, /<tspan x="57\.2" textLength="28\.8"> &lt;x&gt;<\/tspan>/);
});

test('a frame that shows the same is left out', () => {
  const frames = ['a', 'a', 'b', 'a'].map((text, at) => ({ at, text }));
  assert.deepEqual(
    distinctFrames(frames).map(({ at }) => at),
    [0, 2, 3],
  );
});
