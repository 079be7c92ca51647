import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ContainerStatus } from '@berth/cri/generated/api.ts';
import { containerAnnotations } from './labels.ts';
import { logEnd, terminationMessage } from './termination-message.ts';

const line = (text: string, kind = 'F', stream = 'stdout') =>
  `2026-11-23T20:00:00.000000000Z ${stream} ${kind} ${text}\n`;

test('the end of a log is its text without the prefixes', () => {
  assert.equal(
    logEnd(`cut line\n${line('one')}${line('half', 'P')}${line('two', 'F', 'stderr')}`),
    'one\nhalftwo\n',
  );
});

test('at most 80 lines and 2048 bytes', () => {
  const many = Array.from({ length: 100 }, (_, index) => line(String(index))).join('');
  assert.equal(logEnd(many).split('\n').length, 81);
  assert.equal(logEnd(line('x'.repeat(5000))).length, 2048);
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
    return terminationMessage(ContainerStatus.fromPartial({ mounts, annotations, exitCode, logPath }));
  };
  assert.equal(await message('done', 'File', 0), 'done');
  assert.equal(await message('', 'File', 1), '');
  assert.equal(await message('', 'FallbackToLogsOnError', 1), 'from the log\n');
  assert.equal(await message('', 'FallbackToLogsOnError', 0), '');
  assert.equal(await message('own words', 'FallbackToLogsOnError', 1), 'own words');
  assert.equal(await message(undefined, 'FallbackToLogsOnError', 1), 'from the log\n');
  assert.equal((await message('y'.repeat(9000), 'File', 0)).length, 4096);
});
