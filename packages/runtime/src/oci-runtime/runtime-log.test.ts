import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lastRuntimeError, OciRuntimeError } from './runtime-log.ts';

test('the last error of a runtime log is the reason', () => {
  const crun =
    '{"msg":"a warning","level":"warning","time":"2026-11-23T20:25:21.4Z"}\n' +
    '{"msg":"executable file `nope` not found in $PATH: No such file or directory","level":"error","time":"x"}\n';
  assert.equal(
    lastRuntimeError(crun),
    'executable file `nope` not found in $PATH: No such file or directory',
  );
  const runc =
    '{"level":"error","msg":"runc create failed: no","time":"x"}\n{"level":"error","msg":"last\\n","time":"x"}';
  assert.equal(lastRuntimeError(runc), 'last');
});

test('a log without errors, or with a torn line, has no reason', () => {
  for (const log of [
    '',
    'plain text\n',
    '{"level":"debug","msg":"x"}',
    '{"level":"error","ms',
    '{"level":3,"msg":1}',
  ]) {
    assert.equal(lastRuntimeError(log), undefined, log);
  }
});

test('a container that is gone is told from other failures', () => {
  const kinds: [string, string][] = [
    ['the container `c1` is not running', 'NOT_FOUND'],
    ['error opening file `/run/x/c1/status`: No such file or directory', 'NOT_FOUND'],
    ['container does not exist', 'NOT_FOUND'],
    ['kill container: No such process', 'NOT_FOUND'],
    ['container not running', 'NOT_FOUND'],
    ['unable to start container process: exec: "x": executable file not found in $PATH', 'FAILED'],
  ];
  for (const [reason, kind] of kinds) assert.equal(new OciRuntimeError('start', reason).kind, kind, reason);
});
