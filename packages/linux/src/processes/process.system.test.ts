import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { children, isSameProcess, kill, processStat, signalProcess, waitForExit } from './process.ts';

function sleeper() {
  const child = spawn('sleep', ['20']);
  const { pid } = child;
  assert.ok(pid);
  const startTime = processStat(pid)?.startTime;
  assert.ok(startTime);
  return { child, pid, startTime };
}

test('a child is seen, signalled and waited for', async () => {
  const { child, pid, startTime } = sleeper();
  assert.ok(children(process.pid).includes(pid));
  assert.equal(processStat(pid)?.ppid, process.pid);
  assert.ok(isSameProcess(pid, startTime));
  assert.ok(!isSameProcess(pid, startTime + 1));
  assert.equal(signalProcess({ pid, startTime: startTime + 1 }, 9), false);
  const exited = once(child, 'exit');
  const waited = waitForExit({ pid, startTime });
  assert.equal(signalProcess({ pid, startTime }, 15), true);
  await waited;
  assert.deepEqual(await exited, [null, 'SIGTERM']);
  await waitForExit({ pid, startTime });
  assert.equal(signalProcess({ pid, startTime }, 15), false);
  assert.equal(kill(pid, 0), false);
  assert.equal(processStat(pid), undefined);
  assert.deepEqual(children(pid), []);
});

test('waiting for a process that is no child can be aborted, and leaves no descriptor', async () => {
  const startTime = processStat(1)?.startTime;
  assert.ok(startTime !== undefined);
  const before = readdirSync('/proc/self/fd').length;
  const reason = new Error('enough');
  await assert.rejects(waitForExit({ pid: 1, startTime }, AbortSignal.any([AbortSignal.timeout(20)])), {
    name: 'TimeoutError',
  });
  await assert.rejects(waitForExit({ pid: 1, startTime }, AbortSignal.abort(reason)), reason);
  const many = new AbortController();
  const waits = Array.from({ length: 50 }, () => waitForExit({ pid: 1, startTime }, many.signal));
  many.abort(reason);
  for (const { status } of await Promise.allSettled(waits)) assert.equal(status, 'rejected');
  assert.ok(readdirSync('/proc/self/fd').length <= before + 2);
});
