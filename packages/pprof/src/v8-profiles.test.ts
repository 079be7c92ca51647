import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { BinaryReader } from '@bufbuild/protobuf/wire';
import { cpuPprof, heapPprof } from './v8-profiles.ts';

const frame = (functionName: string) => ({
  functionName,
  scriptId: '1',
  url: 'a.js',
  lineNumber: 4,
  columnNumber: 0,
});

/** The stacks of a profile, outermost first, with their values, and its types. */
function read(bytes: Buffer) {
  const reader = new BinaryReader(gunzipSync(bytes));
  const strings: string[] = [];
  const types: number[] = [];
  const samples: { locations: number[]; values: number[] }[] = [];
  const names = new Map<number, number>();
  const inner = (visit: (field: number) => void) => {
    const end = reader.uint32() + reader.pos;
    while (reader.pos < end) visit(reader.tag()[0]);
  };
  const packed = () => {
    const numbers: number[] = [];
    const end = reader.uint32() + reader.pos;
    while (reader.pos < end) numbers.push(Number(reader.int64()));
    return numbers;
  };
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === 6) strings.push(reader.string());
    else if (field === 1) inner((at) => (at === 1 ? types.push(Number(reader.int64())) : reader.int64()));
    else if (field === 2) {
      const sample = { locations: [] as number[], values: [] as number[] };
      inner((at) => {
        sample[at === 1 ? 'locations' : 'values'] = packed();
      });
      samples.push(sample);
    } else if (field === 5) {
      let id = 0;
      inner((at) => {
        const value = Number(reader.int64());
        if (at === 1) id = value;
        if (at === 2) names.set(id, value);
      });
    } else reader.skip(wireType, field);
  }
  const stack = (locations: number[]) =>
    locations
      .map((id) => strings[names.get(id) ?? 0])
      .reverse()
      .join('>');
  return {
    types: types.map((type) => strings[type]),
    stacks: samples.map(({ locations, values }) => [stack(locations), ...values]),
  };
}

const times = { timeMs: 1_700_000_000_000, durationMs: 5 };

test('a CPU profile tells how often and how long each stack was seen', () => {
  const nodes = [
    { id: 1, callFrame: frame('(root)'), children: [2] },
    { id: 2, callFrame: frame('main'), children: [3] },
    { id: 3, callFrame: frame('') },
  ];
  const profile = { nodes, startTime: 0, endTime: 9, samples: [2, 3, 3], timeDeltas: [10, 20, 30] };
  assert.deepEqual(read(cpuPprof(profile, 100, times)), {
    types: ['samples', 'cpu'],
    stacks: [
      ['main', 1, 10_000],
      ['main>(anonymous)', 2, 50_000],
    ],
  });
});

test('a memory profile tells what each stack has allocated', () => {
  const leaf = { callFrame: frame('leaf'), selfSize: 32, id: 3, children: [] };
  const main = { callFrame: frame('main'), selfSize: 8, id: 2, children: [leaf] };
  const head = { callFrame: frame('(root)'), selfSize: 0, id: 1, children: [main] };
  assert.deepEqual(read(heapPprof({ head }, 4096, times)), {
    types: ['inuse_space'],
    stacks: [
      ['main', 8],
      ['main>leaf', 32],
    ],
  });
});
