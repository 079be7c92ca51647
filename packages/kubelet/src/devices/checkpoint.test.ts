import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ContainerAllocateResponse } from '../generated/device-plugin.ts';
import { checkpointText, parseCheckpoint } from './checkpoint.ts';

test('a checkpoint has what it was made of', () => {
  const response = ContainerAllocateResponse.fromPartial({ envs: { A: 'b' } });
  const checkpoint = {
    allocations: [
      {
        pod: 'u',
        container: 'c',
        resource: 'example.com/dev',
        allocation: { deviceIds: { '-1': ['a'], '0': ['b'], '10': ['c'] }, response },
      },
    ],
    registered: new Map([['example.com/dev', ['a', 'b', 'c']]]),
  };
  const text = checkpointText(checkpoint);
  assert.deepEqual(parseCheckpoint(text), checkpoint);
  assert.throws(() => parseCheckpoint(text.replace('"u"', '"v"')), /corrupted/);
  assert.deepEqual(
    parseCheckpoint(checkpointText({ allocations: [], registered: new Map() })).allocations,
    [],
  );
});

test('checksums are those of the real kubelet', () => {
  // As Kubernetes 1.37 writes them.
  const texts = [
    '{"Checksum":3467439661,"Data":{"PodDeviceEntries":null,"RegisteredDevices":{}}}',
    '{"Checksum":2932075448,"Data":{"PodDeviceEntries":[],"RegisteredDevices":{}}}',
    '{"Checksum":2136618848,"Data":{"PodDeviceEntries":[{"PodUID":"u","ContainerName":"c","ResourceName":"example.com/dev","DeviceIDs":{"-1":["a","b"],"0":["x"],"10":["y"],"2":[]},"AllocResp":"CgYKAUESAWI="},{"PodUID":"u2","ContainerName":"c","ResourceName":"r","DeviceIDs":{},"AllocResp":""}],"RegisteredDevices":{"b":[],"example.com/dev":["a"],"n":null}}}',
  ];
  for (const text of texts) assert.doesNotThrow(() => parseCheckpoint(text));
});

test('what is no checkpoint is refused', () => {
  for (const text of [
    '{}',
    '{"Data":{"PodDeviceEntries":[{}],"RegisteredDevices":{}},"Checksum":1}',
    '{"Data":{"PodDeviceEntries":null,"RegisteredDevices":{"a":[1]}},"Checksum":1}',
  ]) {
    assert.throws(() => parseCheckpoint(text), /not a checkpoint/);
  }
});
