import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ContainerStatus } from '@berth/cri/generated/api.ts';
import { mknod } from '@berth/linux/files/mknod.ts';
import { containerAnnotations } from '../kubecontainer/labels.ts';
import { logEnd, terminationMessage } from './termination-message.ts';

const line = (text: string, kind = 'F', stream = 'stdout') =>
  `2026-11-23T20:00:00.000000000Z ${stream} ${kind} ${text}\n`;

test('the end of a log is its text without the prefixes', () => {
  assert.equal(logEnd(`${line('one')}${line('half', 'P')}${line('two', 'F', 'stderr')}`), 'one\nhalftwo\n');
});

test('at most 80 lines and 2048 bytes', () => {
  const many = Array.from({ length: 100 }, (_, index) => line(String(index))).join('');
  assert.equal(logEnd(many).split('\n').length, 81);
  assert.equal(logEnd(line('x'.repeat(5000))).length, 2048);
});

test('a line that is longer than what was read is all text', () => {
  assert.equal(logEnd(`${'x'.repeat(5000)}\n`), `${'x'.repeat(2047)}\n`);
  assert.equal(logEnd(`${'x'.repeat(2050)}\n${line('last')}`), `${'x'.repeat(2042)}\nlast\n`);
});

test('which text a container leaves', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'kubelet-b-'));
  t.after(() => rm(dir, { recursive: true }));
  const [file, logPath] = [join(dir, 'message'), join(dir, '0.log')];
  await writeFile(logPath, line('from the log'));
  const message = async (content: string | undefined, policy: string, exitCode: number) => {
    if (content !== undefined) await writeFile(file, content);
    const mounts = content === undefined ? [] : [{ containerPath: '/dev/termination-log', hostPath: file }];
    const annotations = {
      [containerAnnotations.terminationMessagePath]: '/dev/termination-log',
      [containerAnnotations.terminationMessagePolicy]: policy,
    };
    return terminationMessage(ContainerStatus.fromPartial({ mounts, annotations, exitCode, logPath }), {
      rootDir: join(dir, 'kubelet'),
      podLogsDir: join(dir, 'logs'),
    });
  };
  assert.equal(await message('done', 'File', 0), 'done');
  assert.equal(await message('', 'File', 1), '');
  assert.equal(await message('', 'FallbackToLogsOnError', 1), 'from the log\n');
  assert.equal(await message('', 'FallbackToLogsOnError', 0), '');
  assert.equal(await message('own words', 'FallbackToLogsOnError', 1), 'own words');
  assert.equal(await message(undefined, 'FallbackToLogsOnError', 1), 'from the log\n');
  assert.equal((await message('y'.repeat(9000), 'File', 0)).length, 4096);
  await writeFile(logPath, line('z'.repeat(14_000)));
  assert.equal(await message('', 'FallbackToLogsOnError', 1), `${'z'.repeat(2047)}\n`);
  await rm(logPath);
  assert.equal(
    await message('', 'FallbackToLogsOnError', 1),
    `Error on reading termination message from logs: failed to try resolving symlinks in path "${logPath}": lstat ${logPath}: no such file or directory`,
  );
});

test('a termination log or log that is no regular file, or that links lead to, is told of and not read', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'kubelet-b-'));
  t.after(() => rm(dir, { recursive: true }));
  const folders = { rootDir: join(dir, 'kubelet'), podLogsDir: join(dir, 'logs') };
  const volume = join(folders.rootDir, 'pods/uid/volume');
  for (const path of [volume, join(folders.podLogsDir, 'pod'), join(dir, 'elsewhere')])
    await mkdir(path, { recursive: true });
  await writeFile(join(dir, 'elsewhere/secret'), line('secret'));
  await symlink(join(dir, 'elsewhere'), join(folders.rootDir, 'pods/uid/swapped'));
  await symlink(join(dir, 'elsewhere'), join(folders.podLogsDir, 'pod/main'));
  await symlink(join(dir, 'elsewhere/secret'), join(dir, 'link'));
  mknod(join(volume, 'fifo'), { type: 'fifo', mode: 0o666 });
  mknod(join(dir, 'fifo'), { type: 'fifo', mode: 0o666 });
  await writeFile(join(volume, 'huge'), '');
  await truncate(join(volume, 'huge'), 2 ** 40);
  const message = (hostPath: string, logPath = '') =>
    terminationMessage(
      ContainerStatus.fromPartial({
        mounts: [{ containerPath: '/dev/termination-log', hostPath }],
        annotations: {
          [containerAnnotations.terminationMessagePath]: '/dev/termination-log',
          [containerAnnotations.terminationMessagePolicy]: logPath === '' ? 'File' : 'FallbackToLogsOnError',
        },
        exitCode: 1,
        logPath,
      }),
      folders,
    );
  const told = await Promise.all(Array.from({ length: 8 }, () => message(join(volume, 'fifo'))));
  for (const text of told)
    assert.match(text, /^Error on reading termination log .*is a FIFO, not a regular file$/);
  assert.match(await message(join(dir, 'fifo')), /is a FIFO/);
  assert.match(await message(join(dir, 'link')), /is a symbolic link/);
  assert.match(await message(join(folders.rootDir, 'pods/uid/swapped/secret')), /ELOOP/);
  assert.match(await message(volume), /is a directory/);
  assert.equal((await message(join(volume, 'huge'))).length, 4096);
  const none = join(volume, 'none');
  for (const logPath of [join(folders.podLogsDir, 'pod/main/secret'), join(volume, 'fifo')]) {
    assert.match(await message(none, logPath), /^Error on reading termination message from logs: /);
  }
});
