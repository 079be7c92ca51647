import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

/** Runs a script with its output in a log file, and returns the folder's files by name. */
function logged(script: string): Map<string, string> {
  const dir = mkdtempSync(join(tmpdir(), 'berth-daemon-log-'));
  try {
    const path = join(dir, 'x.log');
    const output = openSync(path, 'a', 0o600);
    const module = JSON.stringify(join(import.meta.dirname, 'daemon-log.ts'));
    const whole = `import { DaemonLog } from ${module}; import { renameSync, rmSync } from 'node:fs';
      const path = ${JSON.stringify(path)};\n${script}`;
    const { status } = spawnSync(process.execPath, ['--input-type=module', '-e', whole], {
      stdio: ['ignore', output, output],
      env: { ...process.env, BERTH_LOG_FILE: path },
    });
    closeSync(output);
    const files = readdirSync(dir).sort();
    assert.equal(status, 0, files.map((name) => readFileSync(join(dir, name), 'utf8')).join('\n'));
    for (const name of files) assert.equal(statSync(join(dir, name)).mode & 0o777, 0o600);
    return new Map(files.map((name) => [name, readFileSync(join(dir, name), 'utf8')]));
  } finally {
    rmSync(dir, { recursive: true });
  }
}

test('a log that reaches its size becomes .1, and the oldest goes', () => {
  const files = logged(`const log = new DaemonLog(path, { maxBytes: 10, kept: 2 });
    for (let line = 1; line <= 8; line++) log.write('line ' + line + '\\n');
    console.log('what others print');`);
  assert.deepEqual(Object.fromEntries(files), {
    'x.log': 'line 7\nline 8\nwhat others print\n',
    'x.log.1': 'line 5\nline 6\n',
    'x.log.2': 'line 3\nline 4\n',
  });
});

test('what the file has from an earlier process counts', () => {
  const files = logged(`process.stderr.write('0123456789\\n');
    new DaemonLog(path, { maxBytes: 10, kept: 1 }).write('new\\n');`);
  assert.deepEqual(Object.fromEntries(files), { 'x.log': 'new\n', 'x.log.1': '0123456789\n' });
});

test('a log that was renamed is reopened by its path, and children do not hear of it', () => {
  const files = logged(`const log = DaemonLog.take(process.env);
    log.write(String(process.env.BERTH_LOG_FILE) + '\\n');
    renameSync(path, path + '.old');
    log.write('still the old one\\n');
    log.reopen();
    log.write('new\\n');`);
  assert.deepEqual(Object.fromEntries(files), {
    'x.log': 'new\n',
    'x.log.old': 'undefined\nstill the old one\n',
  });
});

test('without a file, lines go to standard error and nothing is reopened', () => {
  const files = logged(`const log = new DaemonLog(undefined, { maxBytes: 1, kept: 1 });
    log.write('one\\n'); log.reopen(); log.write('two\\n');`);
  assert.deepEqual(Object.fromEntries(files), { 'x.log': 'one\ntwo\n' });
});
