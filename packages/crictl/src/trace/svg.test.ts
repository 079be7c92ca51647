import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PodStart } from '@berth/cri/generated/pod-starts.ts';
import { traceHtml, traceSvg } from './svg.ts';

const ms = (value: number) => BigInt(value * 1_000_000);
const span = (name: string, subject: string, parent: number, from: number, length: number, error = '') => ({
  name,
  subject,
  parent,
  startedAt: ms(from),
  duration: ms(length),
  error,
});
const start = PodStart.fromPartial({
  podSandboxId: '0123456789abcdef',
  namespace: 'shop',
  name: 'web',
  spans: [
    span('RunPodSandbox', '', 0, 0, 40),
    span('network', '', 1, 10, 30),
    span('PullImage', 'reg:5000/team/nginx:1', 0, 50, 150),
    span('CreateContainer', 'nginx', 0, 200, 100),
    span('StartContainer', 'nginx', 0, 300, 20),
  ],
});

/** The attributes of the bars, in their order. */
function bars(svg: string) {
  return [...svg.matchAll(/<rect class="bar ?([^"]*)" x="([\d.]+)" y="[\d.]+" width="([\d.]+)"/g)].map(
    ([, kind = '', x, width]) => [kind, Number(x), Number(width)],
  );
}

test('each call and step is a bar where and as long as it was', () => {
  const svg = traceSvg(start);
  // 610 units are 320 ms, from 330.
  assert.deepEqual(bars(svg), [
    ['sandbox', 330, 76.25],
    ['sandbox step', 349.06, 57.19],
    ['image', 425.31, 285.94],
    ['create', 711.25, 190.63],
    ['start', 901.88, 38.13],
  ]);
  for (const text of [
    '<title>shop/web (0123456789abc): 320ms in all</title>',
    '>image nginx:1</text>',
    '<title>network: 30.0ms, from 10.0ms</title>',
    '>64.0ms</text>',
    'sandbox 40.0ms (network 30.0ms), image 150ms, create 100ms, start 20.0ms, between the calls 10.0ms',
  ])
    assert(svg.includes(text), text);
});

test('it has no reference to another file, and colours for both themes', () => {
  for (const document of [traceSvg(start), traceHtml(start)]) {
    assert.doesNotMatch(
      document.replace('http://www.w3.org/2000/svg', ''),
      /https?:|href|src=|url\(|@import/,
    );
    assert.match(document, /prefers-color-scheme: dark/);
  }
  assert.match(traceHtml(start), /^<!doctype html>\n.*<svg .*<\/svg>\n<\/html>\n$/s);
});

test('names and errors are text, whatever they contain', () => {
  const hostile = PodStart.fromPartial({
    namespace: '<script>alert(1)</script>',
    name: '"&\u0000\ud800',
    leftOut: 2,
    spans: [span('RunPodSandbox', '', 0, 0, 1, ']]> </svg>'), span('Other', 'x'.repeat(100), 0, 0, 0)],
  });
  const html = traceHtml(hostile);
  for (const text of ['<script', '\u0000', ']]> <']) assert(!html.includes(text), text);
  assert(html.includes('&lt;script&gt;alert(1)&lt;/script&gt;/&quot;&amp;\ufffd\ufffd'));
  assert(html.includes('failed: ]]&gt; &lt;/svg&gt;'));
  assert(html.includes(`>Other ${'x'.repeat(29)}…</text>`));
  assert(html.includes('and 2 more calls'));
  assert.equal(html.match(/<svg/g)?.length, 1);
  assert.equal(html.match(/<\/svg>/g)?.length, 1);
});

test('a start without a span is drawn too', () => {
  assert.match(traceSvg(PodStart.fromPartial({ name: 'x' })), /0\.00ms in all/);
});
