import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ContainerConfig } from '@berth/cri/generated/api.ts';
import { type PodDump, parsePodDump } from './pod-dump.ts';
import { matchContainers } from './restore-pod.ts';

const dump: PodDump = {
  version: 1,
  runtime: 'runc',
  containers: [
    { name: 'a', archive: '1.tar' },
    { name: 'b', archive: '2.tar' },
  ],
};

test('pod.dump is read back, and refused in any other form', () => {
  assert.deepEqual(parsePodDump(JSON.parse(JSON.stringify(dump))), dump);
  for (const [value, message] of [
    [null, /not a JSON object/],
    [{ ...dump, version: 2 }, /has version 2/],
    [{ version: 1, runtime: 'runc' }, /incomplete/],
    [{ ...dump, containers: [{ name: 'a', archive: '../etc/x' }] }, /names no archive/],
    [{ ...dump, containers: [null] }, /names no archive/],
  ] as const) {
    assert.throws(() => parsePodDump(value), message);
  }
});

test('every container of the checkpoint is asked for once', () => {
  const configs = (names: string[]) =>
    names.map((name) => ContainerConfig.fromPartial({ metadata: { name, attempt: 0 } }));
  assert.deepEqual(
    [...matchContainers(dump, configs(['b', 'a']))],
    [
      ['a', '1.tar'],
      ['b', '2.tar'],
    ],
  );
  for (const [names, message] of [
    [[], /container_configs: has to name each container of the checkpoint once: a, b/],
    [['a'], /container_configs: /],
    [['a', 'a'], /container_configs\[1\]\.metadata\.name/],
    [['a', 'c'], /container_configs\[1\]\.metadata\.name/],
    [['a', 'b', ''], /container_configs\[2\]/],
  ] as const) {
    assert.throws(() => matchContainers(dump, configs([...names])), message);
  }
});
