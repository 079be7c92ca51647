import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PodStart } from '@berth/cri/generated/pod-starts.ts';
import { widthOf } from '../output/width.ts';
import { time } from './rows.ts';
import { idleOf, spansOf, startJson, totalOf } from './span.ts';
import { waterfall } from './waterfall.ts';

const at = (milliseconds: number) => BigInt(Math.round(milliseconds * 1e6)) + 1_700_000_000_000_000_000n;
const span = (name: string, subject: string, parent: number, from: number, to: number, error = '') => ({
  name,
  subject,
  parent,
  startedAt: at(from),
  duration: at(to) - at(from),
  error,
});
const start = PodStart.fromPartial({
  podSandboxId: '0123456789abcdef',
  namespace: 'shop',
  name: 'web',
  uid: 'u-1',
  spans: [
    span('RunPodSandbox', '', 0, 0, 40),
    span('namespaces', '', 1, 1, 3),
    span('network', '', 1, 3, 38),
    span('PullImage', 'reg:5000/team/nginx:1', 0, 50, 250),
    span('CreateContainer', 'nginx', 0, 260, 300),
    span('crun create', '', 5, 270, 299),
    span('StartContainer', 'nginx', 0, 300, 320),
  ],
});
const look = { width: 60, coloured: false, unicode: true };

test('the waterfall', () => {
  assert.equal(
    waterfall(start, look).join('\n'),
    `shop/web (0123456789abc): 320ms in all

                      0                                320ms
sandbox        40.0ms █████
  namespaces   2.00ms ▄
  network      35.0ms ▄▄▄▄▄
image nginx:1   200ms      █████████████████████████
create nginx   40.0ms                               ██████
  crun create  29.0ms                                 ▄▄▄▄
start nginx    20.0ms                                    ███

sandbox 40.0ms (network 35.0ms), image 200ms, create 40.0ms,
start 20.0ms, between the calls 20.0ms`,
  );
});

test('what failed, was not pulled, or left out is said', () => {
  const failed = PodStart.fromPartial({
    ...start,
    spans: [
      span('RunPodSandbox', '', 0, 0, 10, 'no CNI plugin'),
      span('network', '', 1, 1, 9, 'no CNI plugin'),
    ],
    leftOut: 3,
  });
  const text = waterfall(failed, look).join('\n');
  assert.equal(text.match(/▄\n {2}failed: no CNI plugin/g)?.length, 1);
  assert.match(text, /\nand 3 more calls, beyond the number that berthd records\n/);
  assert.match(text, /\nsandbox 10.0ms \(network 8.00ms\), image not pulled,\nbetween the calls 0.00ms$/);
});

for (const width of [32, 34, 40, 80, 200]) {
  test(`no line is wider than ${width}`, () => {
    for (const coloured of [true, false]) {
      const lines = waterfall(start, { width, coloured, unicode: false }).slice(1);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: colours take no cells
      for (const line of lines) assert.ok(widthOf(line.replace(/\x1b\[\d+m/g, '')) <= width, line);
    }
  });
}

test('a start of no time and of no calls', () => {
  const instant = PodStart.fromPartial({ ...start, spans: [span('RunPodSandbox', '', 0, 0, 0)] });
  assert.match(waterfall(instant, look).join('\n'), /\nsandbox {3}0.00ms █\n/);
  assert.match(waterfall(PodStart.fromPartial({ name: 'x' }), look).join('\n'), /0.00ms in all/);
});

test('totals count what was under way at the same time once', () => {
  const overlapping = PodStart.fromPartial({
    spans: [
      span('StartContainer', 'b', 0, 30, 60),
      span('RunPodSandbox', '', 0, 0, 10),
      span('CreateContainer', 'a', 0, 20, 50),
    ],
  });
  const calls = spansOf(overlapping);
  assert.deepEqual([totalOf(calls), idleOf(calls)], [60, 10]);
});

test('as JSON', () => {
  const { calls, ...rest } = startJson(start);
  assert.deepEqual(rest, {
    podSandboxId: '0123456789abcdef',
    namespace: 'shop',
    name: 'web',
    uid: 'u-1',
    totalMs: 320,
    betweenCallsMs: 20,
    leftOut: 0,
  });
  assert.ok(Array.isArray(calls));
  assert.equal(calls.length, 4);
  const { startedAt, ...image } = calls[1] as { startedAt: string };
  assert.match(startedAt, /^2023-11-14T/);
  assert.deepEqual(image, {
    name: 'PullImage',
    subject: 'reg:5000/team/nginx:1',
    offsetMs: 50,
    durationMs: 200,
  });
});

test('times', () => {
  const cases: [number, string][] = [
    [0.4, '0.40ms'],
    [9.99, '9.99ms'],
    [38.12, '38.1ms'],
    [412.4, '412ms'],
    [999.6, '1.00s'],
    [61_000, '61.0s'],
    [412_000, '412s'],
  ];
  for (const [milliseconds, text] of cases) assert.equal(time(milliseconds), text);
});
