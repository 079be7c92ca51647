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

test('a terminal brings TERM unless the container sets it', () => {
  const container = { user: { uid: 0, gid: 0 }, cwd: '/' };
  assert.deepEqual(execProcess(container, ['sh'], { terminal: true }).env, ['TERM=xterm']);
  const own = { ...container, env: ['TERM=vt100'] };
  assert.deepEqual(execProcess(own, ['sh'], { terminal: true }).env, ['TERM=vt100']);
});
