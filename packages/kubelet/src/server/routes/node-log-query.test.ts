import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aggregate, journalArguments, nodeLogErrors, nodeLogQuery } from './node-log-query.ts';

function read(query: string) {
  return nodeLogQuery(new URLSearchParams(query));
}

function wrong(query: string): string {
  const found = read(query);
  assert.ok(found);
  return 'errors' in found ? `400 ${aggregate(found.errors)}` : `406 ${aggregate(nodeLogErrors(found))}`;
}

test('no query at all', () => {
  assert.equal(read(''), undefined);
  assert.equal(read('other=1'), undefined);
});

test('services and the arguments of journalctl', () => {
  const found = read(
    'query=kubelet&query=crio&sinceTime=2026-11-29T16:05:37%2B01:00&untilTime=2026-11-29T15:06:00Z&tailLines=5&boot=-1&pattern=a.*b',
  );
  assert.ok(found && !('errors' in found));
  assert.deepEqual(nodeLogErrors(found), []);
  assert.deepEqual(journalArguments(found, ['kubelet']), [
    '--utc',
    '--no-pager',
    '--output=short-precise',
    '--since=2026-11-29 15:05:37 UTC',
    '--until=2026-11-29 15:06:00 UTC',
    '--pager-end',
    '--lines=5',
    '--unit=kubelet',
    '--grep=a.*b',
    '--boot',
    '-1',
  ]);
});

const rows: readonly [query: string, expected: string][] = [
  ['query=', '400 query: Invalid value: [""]: may not be empty'],
  ['query=%20', '400 query: Invalid value: [" "]: may not be empty'],
  ['query=a&sinceTime=x', '400 sinceTime: Invalid value: "x": invalid time format'],
  [
    'query=a&boot=x&tailLines=y',
    '400 [boot: Invalid value: "x": strconv.Atoi: parsing "x": invalid syntax, tailLines: Invalid value: "y": strconv.Atoi: parsing "y": invalid syntax]',
  ],
  ['tailLines=5', '406 query: Required value: cannot be empty with options'],
  ['query=a;b', '406 query: Invalid value: "a;b": input contains unsupported characters'],
  ['query=a&query=b&query=c&query=d&query=e', '406 query: Too many: 5: must have at most 4 items'],
  ['query=/a&query=b', '406 query: Invalid value: "[/a], [b]": cannot specify a file and service'],
  ['query=/a&query=/b', '406 query: Invalid value: ["/a","/b"]: cannot specify more than one file'],
  ['query=/a&tailLines=1', '406 query: Invalid value: ["/a"]: cannot specify file with options'],
  ['query=a&boot=1', '406 boot: Invalid value: 1: must be less than 1'],
  [
    'query=a&tailLines=100001',
    '406 tailLines: Invalid value: 100001: must be between 0 and 100000, inclusive',
  ],
  [
    'query=a&sinceTime=2026-11-29T15:05:37Z&untilTime=2026-11-28T15:05:37Z',
    '406 untilTime: Invalid value: "2026-11-28T15:05:37Z": must be after `sinceTime`',
  ],
];

for (const [query, expected] of rows) {
  test(`?${query}`, () => assert.equal(wrong(query), expected));
}
