import assert from 'node:assert/strict';
import { test } from 'node:test';
import { logPathIn } from './log-directory.ts';

test('the path of a log, which is below its log_directory', () => {
  const cases: [logPath: string, path: string][] = [
    ['', ''],
    ['main/0.log', '/logs/main/0.log'],
    ['/main/0.log', '/logs/main/0.log'],
    ['./main//0.log', '/logs/main/0.log'],
    ['main/../0.log', '/logs/0.log'],
    ['..log', '/logs/..log'],
  ];
  for (const [logPath, path] of cases) assert.equal(logPathIn('/logs', logPath), path, logPath);
  assert.equal(logPathIn('', 'main/0.log'), '');
});

test('a log_path that leaves its log_directory is refused', () => {
  for (const logPath of ['..', '../0.log', 'main/../../0.log', '../logs2/0.log', '.', 'main/..', 'main/']) {
    assert.throws(() => logPathIn('/logs', logPath), /config\.log_path: .*below the log_directory/, logPath);
  }
});
