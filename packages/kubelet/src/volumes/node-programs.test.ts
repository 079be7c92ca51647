import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodePrograms } from './node-programs.ts';

const run = nodePrograms(10_000);

test('a program tells how it ended, with all that it printed', async () => {
  assert.deepEqual(await run('sh', ['-c', 'echo a; sleep 0.1; echo b >&2; exit 3']), {
    code: 3,
    output: 'a\nb\n',
  });
});

test('a program that is missing, with what to install', async () => {
  await assert.rejects(nodePrograms(1000, ['/none'])('iscsiadm', []), {
    message: 'iscsiadm is not installed on this node: install open-iscsi or iscsi-initiator-utils',
  });
  await assert.rejects(nodePrograms(1000, ['/none'])('blkid', []), {
    message: 'blkid is not installed on this node',
  });
});

test('a program that takes too long is killed, and no error tells its arguments', async () => {
  await assert.rejects(nodePrograms(50)('sleep', ['60']), {
    message: 'sleep was ended by SIGKILL; it may take 0.05 s',
  });
});
