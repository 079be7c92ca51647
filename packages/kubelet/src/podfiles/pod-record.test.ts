import assert from 'node:assert/strict';
import { mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { scratchDir } from '@berth/test-support/scratch.ts';
import type { PodStatus } from '../api/pod.ts';
import { loadPodRecord, parseRecord, savePodRecord } from './pod-record.ts';

const container = { name: 'a', image: 'i', imageID: '', ready: false, restartCount: 3 };
const status: PodStatus = {
  phase: 'Running',
  conditions: [{ type: 'Ready', status: 'True' }],
  podIPs: [{ ip: '10.0.0.2' }],
  containerStatuses: [{ ...container, lastState: { terminated: { exitCode: 1 } } }],
};

test('a record is read back, and only root can read it', () => {
  using dir = scratchDir('record');
  const roots = { rootDir: dir.path };
  const record = { status, restartCounts: new Map([['a', 3]]) };
  assert.equal(loadPodRecord(roots, 'u'), undefined);
  savePodRecord(roots, 'u', record);
  savePodRecord(roots, 'u', record);
  assert.deepEqual(loadPodRecord(roots, 'u'), record);
  assert.equal(statSync(join(dir.path, 'pods', 'u', 'status.json')).mode & 0o777, 0o600);
});

const sizes = { cpuRequest: 1, cpuLimit: 2, memoryRequest: 3, memoryLimit: 4 };

test('the resources of a pod are read back, and count as unknown when they are none', () => {
  using dir = scratchDir('record');
  const roots = { rootDir: dir.path };
  const record = {
    status,
    restartCounts: new Map<string, number>(),
    allocated: { pod: { limits: { cpu: '1' } }, containers: { a: { requests: { memory: '1Mi' } } } },
    actuated: { pod: sizes, containers: new Map([['a', sizes]]) },
  };
  savePodRecord(roots, 'u', record);
  assert.deepEqual(loadPodRecord(roots, 'u'), record);
  const withParts = (allocated: unknown, actuated: unknown): string =>
    JSON.stringify({ status, restartCounts: {}, allocated, actuated });
  for (const wrong of [1, {}, { containers: { a: 1 } }, { containers: { a: { limits: { cpu: 'x' } } } }]) {
    assert.deepEqual(Object.keys(parseRecord(withParts(wrong, wrong))), ['status', 'restartCounts']);
  }
  const partly = parseRecord(
    withParts(undefined, { pod: sizes, containers: { a: sizes, b: { cpuLimit: 1 } } }),
  );
  assert.deepEqual(partly.actuated, { pod: sizes, containers: new Map([['a', sizes]]) });
});

test('a record that cannot be written or read counts as none', () => {
  using dir = scratchDir('record');
  const roots = { rootDir: dir.path };
  mkdirSync(join(dir.path, 'pods', 'u', 'status.json'), { recursive: true });
  savePodRecord(roots, 'u', { status, restartCounts: new Map() });
  assert.equal(loadPodRecord(roots, 'u'), undefined);
  mkdirSync(join(dir.path, 'pods', 'v'));
  writeFileSync(join(dir.path, 'elsewhere'), '{"status":{"phase":"Running"},"restartCounts":{}}');
  symlinkSync(join(dir.path, 'elsewhere'), join(dir.path, 'pods', 'v', 'status.json'));
  assert.equal(loadPodRecord(roots, 'v'), undefined, 'no link is followed');
});

const bad = [
  '',
  'null',
  '{}',
  '{"status":{"phase":1},"restartCounts":{}}',
  '{"status":{"phase":"Running"}}',
  '{"status":{"phase":"Running","containerStatuses":[{}]},"restartCounts":{}}',
  '{"status":{"phase":"Running","containerStatuses":{}},"restartCounts":{}}',
  '{"status":{"phase":"Running","containerStatuses":[{"name":"a","restartCount":0,"state":{"running":1}}]},"restartCounts":{}}',
  '{"status":{"phase":"Running","conditions":[1]},"restartCounts":{}}',
  '{"status":{"phase":"Running","podIPs":[{}]},"restartCounts":{}}',
];
for (const text of bad) {
  test(`no record: ${text || 'an empty file'}`, () => {
    assert.throws(() => parseRecord(text));
  });
}

test('a count that is none is left out', () => {
  const text = '{"status":{"phase":"Running"},"restartCounts":{"a":-1,"b":"1","c":2}}';
  assert.deepEqual([...parseRecord(text).restartCounts], [['c', 2]]);
});
