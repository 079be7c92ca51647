import assert from 'node:assert/strict';
import { test } from 'node:test';
import { execProcess } from './exec-process.ts';

test("an exec is the container's process with other arguments", () => {
  const container = {
    terminal: true,
    user: { uid: 1, gid: 2, additionalGids: [3] },
    args: ['server'],
    env: ['A=b'],
    cwd: '/srv',
    capabilities: { bounding: ['CAP_CHOWN'] },
    noNewPrivileges: true,
    oomScoreAdj: 900,
  };
  assert.deepEqual(execProcess(container, ['true']), {
    terminal: false,
    user: { uid: 1, gid: 2, additionalGids: [3] },
    args: ['true'],
    env: ['A=b'],
    cwd: '/srv',
    capabilities: { bounding: ['CAP_CHOWN'] },
    noNewPrivileges: true,
  });
});
