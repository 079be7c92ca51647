import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VolumeCapability_AccessMode_Mode as Mode } from '../../generated/csi.ts';
import { volumeCapability } from './volume-capability.ts';

test('access modes of Kubernetes are those of CSI', () => {
  const cases: [accessMode: string | undefined, usual: number, exact: number][] = [
    [undefined, Mode.SINGLE_NODE_WRITER, Mode.SINGLE_NODE_MULTI_WRITER],
    ['ReadWriteOnce', Mode.SINGLE_NODE_WRITER, Mode.SINGLE_NODE_MULTI_WRITER],
    ['ReadWriteOncePod', Mode.SINGLE_NODE_WRITER, Mode.SINGLE_NODE_SINGLE_WRITER],
    ['ReadOnlyMany', Mode.MULTI_NODE_READER_ONLY, Mode.MULTI_NODE_READER_ONLY],
    ['ReadWriteMany', Mode.MULTI_NODE_MULTI_WRITER, Mode.MULTI_NODE_MULTI_WRITER],
    ['Other', Mode.UNKNOWN, Mode.UNKNOWN],
  ];
  for (const [accessMode, usual, exact] of cases) {
    for (const [hasSingleNodeMultiWriter, mode] of [
      [false, usual],
      [true, exact],
    ] as const) {
      const found = volumeCapability({ accessMode, hasSingleNodeMultiWriter, use: { as: 'block' } });
      assert.deepEqual(found, { block: {}, accessMode: { mode } });
    }
  }
});

test('a file system is asked for with its options, and its group if the driver applies that', () => {
  const use = { as: 'mount', fsType: 'ext4', mountOptions: ['noatime'], group: 7 } as const;
  const found = volumeCapability({ accessMode: 'ReadWriteMany', hasSingleNodeMultiWriter: false, use });
  assert.deepEqual(found.mount, { fsType: 'ext4', mountFlags: ['noatime'], volumeMountGroup: '7' });
  const without = { ...use, group: undefined };
  const other = volumeCapability({ accessMode: undefined, hasSingleNodeMultiWriter: false, use: without });
  assert.equal(other.mount?.volumeMountGroup, '');
});
