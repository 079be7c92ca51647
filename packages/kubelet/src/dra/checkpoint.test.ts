import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import { checkpointText, parseCheckpoint } from './checkpoint.ts';
import type { ClaimInfo } from './claim-info.ts';

const claim: ClaimInfo = {
  uid: 'c-1',
  name: 'gpu',
  namespace: 'default',
  podUids: new Set(['u2', 'u1']),
  drivers: new Map([
    [
      'a.example.com',
      [
        {
          poolName: 'pool',
          deviceName: 'd1',
          shareId: undefined,
          requestNames: ['r'],
          cdiDeviceIds: ['example.com/gpu=d1'],
        },
      ],
    ],
    ['b.example.com', []],
  ]),
  isPrepared: true,
  isUnpreparing: false,
};

/** What the real kubelet writes for the same claim. */
const real =
  '{"Data":"{\\"kind\\":\\"DRACheckpoint\\",\\"apiVersion\\":\\"checkpoint.dra.kubelet.k8s.io/v1\\",\\"ClaimInfoStateList\\":[{\\"ClaimUID\\":\\"c-1\\",\\"ClaimName\\":\\"gpu\\",\\"Namespace\\":\\"default\\",\\"PodUIDs\\":{\\"u1\\":{},\\"u2\\":{}},\\"DriverState\\":{\\"a.example.com\\":{\\"Devices\\":[{\\"PoolName\\":\\"pool\\",\\"DeviceName\\":\\"d1\\",\\"ShareID\\":null,\\"RequestNames\\":[\\"r\\"],\\"CDIDeviceIDs\\":[\\"example.com/gpu=d1\\"]}]},\\"b.example.com\\":{\\"Devices\\":null}}}]}","Checksum":544967090}';

test('the text is the real kubelet’s, and is read again', () => {
  assert.equal(checkpointText([claim]), real);
  assert.deepEqual(parseCheckpoint(real), [{ ...claim, podUids: new Set(['u1', 'u2']), isPrepared: false }]);
});

for (const [what, text] of Object.entries({
  'that is empty': '',
  'of something else': '{"Data": {}}',
  'with another checksum': real.replace('gpu', 'cpu'),
})) {
  test(`a checkpoint ${what} is refused`, () => {
    assert.throws(() => parseCheckpoint(text));
  });
}

test('the real kubelet’s checkpoint of no claims has no list', () => {
  const Data =
    '{"kind":"DRACheckpoint","apiVersion":"checkpoint.dra.kubelet.k8s.io/v1","ClaimInfoStateList":null}';
  assert.deepEqual(parseCheckpoint(JSON.stringify({ Data, Checksum: crc32(Data) })), []);
});
