import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Container, PodSandbox } from '@berth/cri/generated/api.ts';
import { parseCriLine } from '@berth/cri/logs/line.ts';
import type { Entry } from '@berth/cri/logs/log-file.ts';
import { ContainerLog, type LineSource, mergeByTime } from './merge.ts';
import { PartialLines } from './partial-lines.ts';
import { LinePrefixes } from './prefix.ts';
import { logTarget } from './target.ts';

/** `SECOND REST` as a line of a log file. */
const entry = (text: string): Entry => {
  const [second = '', ...rest] = text.split(' ');
  return parseCriLine(Buffer.from(`2026-01-02T03:04:${second.padStart(2, '0')}Z ${rest.join(' ')}`));
};

/** Gives each chunk with one read. */
function log(name: string, chunks: string[][], bad: string[] = []): ContainerLog {
  const left = chunks.map((chunk) =>
    chunk.map((text) => (text === 'bad' ? { text, reason: 'odd' } : entry(text))),
  );
  const source: LineSource = {
    readOn: async () => left.shift() ?? [],
    finish: () => [],
    close: async () => {},
  };
  return new ContainerLog(name, source, (line) => bad.push(line));
}

async function merged(logs: ContainerLog[], limit = Number.POSITIVE_INFINITY): Promise<string[]> {
  const seen: string[] = [];
  const take = (name: string, { content }: { content: Buffer }) =>
    seen.push(`${name}:${content.toString().trimEnd()}`) < limit;
  await mergeByTime(logs, take, async () => {});
  return seen;
}

const mergeCases: [what: string, logs: [string, string[][]][], expected: string[]][] = [
  [
    'lines by time, over the chunks that they are read in',
    [
      ['a', [['1 stdout F one\n', '4 stdout F four\n'], ['6 stdout F six\n']]],
      ['b', [['2 stderr F two\n'], ['3 stdout F three\n', '5 stdout F five\n']]],
    ],
    ['a:one', 'b:two', 'b:three', 'a:four', 'b:five', 'a:six'],
  ],
  [
    'lines of one log in the order of its file, whatever their times',
    [
      ['a', [['5 stdout F late\n', '1 stdout F early\n']]],
      ['b', [['3 stdout F other\n']]],
    ],
    ['b:other', 'a:late', 'a:early'],
  ],
  [
    'parts of a line together, at the time of the first',
    [
      ['a', [['1 stdout P be\n', '3 stderr F between\n'], ['4 stdout F gun\n']]],
      ['b', [['2 stdout F other\n']]],
    ],
    ['b:other', 'a:between', 'a:begun'],
  ],
  ['nothing of nothing', [['a', []]], []],
];
for (const [what, logs, expected] of mergeCases) {
  test(`merged are ${what}`, async () => {
    assert.deepEqual(await merged(logs.map(([name, chunks]) => log(name, chunks))), expected);
  });
}

test('a merge ends when enough is read, goes on later, and tells of bad lines', async () => {
  const bad: string[] = [];
  const a = log('a', [['1 stdout F one\n', 'bad', '2 stdout F two\n']], bad);
  assert.deepEqual(await merged([a], 1), ['a:one']);
  assert.deepEqual(await merged([a]), ['a:two']);
  assert.deepEqual(bad, ['bad']);
});

test('what was begun ends with the container, and lines do not grow for ever', () => {
  const partial = new PartialLines();
  const add = (text: string) => {
    const line = entry(text);
    return 'reason' in line ? undefined : partial.add(line);
  };
  assert.equal(add('1 stdout P half\n'), undefined);
  assert.deepEqual(
    partial.finish().map(({ content }) => content.toString()),
    ['half\n'],
  );
  assert.deepEqual(partial.finish(), []);
  const part = `1 stdout P ${'x'.repeat(300_000)}\n`;
  assert.deepEqual(
    [part, part, part, part].map((text) => add(text)?.content.length),
    [undefined, undefined, undefined, 1_200_001],
  );
});

test('prefixes are as wide as the longest, and coloured on terminals', () => {
  const prefixes = new LinePrefixes();
  for (const name of ['web', 'sidecar']) prefixes.add(name);
  assert.equal(prefixes.of('web', false), 'web     | ');
  assert.equal(prefixes.of('sidecar', true), '\x1b[33msidecar |\x1b[0m ');
});

const pods = [
  PodSandbox.fromPartial({ id: 'a0', metadata: { namespace: 'shop', name: 'web' } }),
  PodSandbox.fromPartial({ id: 'a1', metadata: { namespace: 'test', name: 'web' } }),
  PodSandbox.fromPartial({ id: 'a2', metadata: { namespace: 'shop', name: 'api' } }),
];
const container = (id: string, podSandboxId: string, name: string) =>
  Container.fromPartial({ id, podSandboxId, metadata: { name }, state: 1 });
const containers = [
  container('c0', 'a0', 'nginx'),
  container('c1', 'a1', 'nginx'),
  container('c2', 'a2', 'api'),
  container('c3', 'a2', 'proxy'),
];
const targetCases: [word: string, target: { kind: string; id: string } | RegExp][] = [
  ['c0', { kind: 'container', id: 'c0' }],
  ['a1', { kind: 'pod', id: 'a1' }],
  ['a', /^pod id "a" is ambiguous/],
  ['c', /^container id "c" is ambiguous/],
  ['api', { kind: 'pod', id: 'a2' }],
  ['shop/web', { kind: 'pod', id: 'a0' }],
  ['api/api', { kind: 'container', id: 'c2' }],
  ['proxy', { kind: 'container', id: 'c3' }],
  ['test/web/nginx', { kind: 'container', id: 'c1' }],
  ['web', /^pod or container "web" is ambiguous, it matches 2:/],
  ['nginx', /^pod or container "nginx" is ambiguous, it matches 2:/],
  ['none', { kind: 'container', id: 'none' }],
];
for (const [word, expected] of targetCases) {
  test(`logs ${word}`, () => {
    if (expected instanceof RegExp) {
      assert.throws(
        () => logTarget(word, containers, pods),
        ({ message }: Error) => expected.test(message),
      );
    } else assert.deepEqual(logTarget(word, containers, pods), expected);
  });
}
