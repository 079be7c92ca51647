import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diskContent, formatAndMount, fsckResult, mkfsWords } from './format-and-mount.ts';
import type { RunProgram } from './node-programs.ts';
import { FilesystemMismatch } from './volume-error.ts';

test('what blkid says of a disk', () => {
  for (const [code, output, content] of [
    [2, '', ''],
    [0, 'DEVNAME=/dev/sda\nTYPE=ext4\n', 'ext4'],
    [0, 'DEVNAME=/dev/sda\nTYPE=LVM2_member\n', 'LVM2_member'],
    [0, 'PTTYPE=dos\n', 'unknown data, probably partitions'],
    [0, 'TYPE=vfat\nPTTYPE=dos\n', 'unknown data, probably partitions'],
  ] as const) {
    assert.equal(diskContent(code, output), content, output);
  }
});

test('a disk is not taken for empty when blkid cannot tell', () => {
  for (const [code, output, message] of [
    [2, 'blkid: error: /dev/sda: Input/output error\n', /invalid output/],
    [8, '', /exit status 8/],
    [4, '', /exit status 4/],
    [0, '', /invalid output/],
    [0, 'DEVNAME=/dev/sda\n', /invalid output/],
    [0, 'TYPE=a=b\n', /invalid output/],
  ] as const) {
    assert.throws(() => diskContent(code, output), message, output);
  }
});

test('mkfs gets what makes it ask nothing', () => {
  for (const [fsType, words] of [
    ['ext4', '-F -m0 /dev/sda'],
    ['ext3', '-F -m0 /dev/sda'],
    ['ext2', '/dev/sda'],
    ['xfs', '-f /dev/sda'],
    ['btrfs', '/dev/sda'],
  ] as const) {
    assert.equal(mkfsWords(fsType, '/dev/sda').join(' '), words);
  }
});

test('what fsck says', () => {
  for (const [code, result] of [
    [0, 'clean'],
    [1, 'corrected'],
    [4, 'uncorrected'],
    [8, 'failed'],
    [12, 'failed'],
  ] as const) {
    assert.equal(fsckResult(code), result);
  }
});

/** Programs that end as told; notes their names. */
function programs(codes: Record<string, { code: number; output: string }>): {
  run: RunProgram;
  ran: string[];
} {
  const ran: string[] = [];
  return {
    ran,
    run: async (name) => {
      ran.push(name);
      return codes[name] ?? { code: 0, output: '' };
    },
  };
}
const request = { device: '/dev/zero', target: '/t', fsType: '', options: [] };
const formatted = { code: 0, output: 'TYPE=ext4\n' };

test('a file system is checked unless it is mounted read-only', async () => {
  for (const [options, expected] of [
    [[], 'blkid fsck mount'],
    [['ro'], 'blkid mount'],
  ] as const) {
    const { run, ran } = programs({ blkid: formatted });
    await formatAndMount(run, { ...request, options });
    assert.equal(ran.join(' '), expected);
  }
});

test('an empty disk is formatted first', async () => {
  const { run, ran } = programs({ blkid: { code: 2, output: '' } });
  await formatAndMount(run, { ...request, fsType: 'xfs' });
  assert.equal(ran.join(' '), 'blkid mkfs.xfs mount');
});

test('a failed mount of a disk with another file system is told from others', async () => {
  const mount = { code: 32, output: 'no\n' };
  const other = { code: 0, output: 'TYPE=xfs\n' };
  for (const [codes, isMismatch] of [
    [{ blkid: other, mount }, true],
    [{ blkid: { code: 0, output: 'PTTYPE=dos\n' }, mount }, true],
    [{ blkid: formatted, mount }, false],
    [{ blkid: { code: 2, output: '' }, mount }, false],
    [{ blkid: other, fsck: { code: 4, output: 'bad' } }, false],
  ] as const) {
    await assert.rejects(formatAndMount(programs(codes).run, request), (error) => {
      assert.equal(error instanceof FilesystemMismatch, isMismatch);
      return true;
    });
  }
  await formatAndMount(programs({ blkid: other }).run, request);
});

test('errors in the words of the real kubelet', async () => {
  for (const [codes, change, message] of [
    [{ blkid: { code: 8, output: '' } }, {}, 'failed to get disk format of disk /dev/zero: exit status 8'],
    [
      { blkid: { code: 2, output: '' } },
      { options: ['ro'] },
      'cannot mount unformatted disk /dev/zero as we are manipulating it in read-only mode',
    ],
    [
      { blkid: formatted, fsck: { code: 4, output: 'bad' } },
      {},
      "'fsck' found errors on device /dev/zero but could not correct them: bad",
    ],
    [
      { blkid: formatted, mount: { code: 32, output: 'no\n' } },
      { options: ['noatime'] },
      'mount failed: exit status 32\nMounting command: mount\nMounting arguments:  -t ext4 -o noatime,defaults /dev/zero /t\nOutput: no\n',
    ],
  ] as const) {
    await assert.rejects(formatAndMount(programs(codes).run, { ...request, ...change }), { message });
  }
});
