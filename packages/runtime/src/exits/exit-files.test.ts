import assert from 'node:assert/strict';
import { mkdtempSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { mknod } from '@berth/linux/files/mknod.ts';
import {
  type ContainerExit,
  isExitFileName,
  parseExitCode,
  readExit,
  wasOomKilled,
  watchExits,
} from './exit-files.ts';

test('exit codes', () => {
  const table: [string, number | undefined][] = [
    ['0', 0],
    ['137', 137],
    ['-1', -1],
    ['3\n', 3],
    ['', undefined],
    ['x', undefined],
    ['1 2', undefined],
  ];
  for (const [text, code] of table) assert.equal(parseExitCode(text), code, JSON.stringify(text));
});

test('a half-written file is not an exit file', () => {
  assert.equal(isExitFileName('0a1b'), true);
  assert.equal(isExitFileName('0a1b.X3FZ01'), false);
  assert.equal(isExitFileName('.hidden'), false);
});

test('existing and new exits are told once each', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'berth-exits-'));
  try {
    writeFileSync(join(dir, 'before'), '7');
    utimesSync(join(dir, 'before'), 1000, 1000);
    const exits: ContainerExit[] = [];
    let wake = () => {};
    using _watcher = watchExits(dir, (exit) => {
      exits.push(exit);
      wake();
    });
    assert.deepEqual(exits, [{ containerId: 'before', exitCode: 7, finishedAt: 1_000_000_000_000n }]);
    const second = new Promise<void>((resolve) => {
      wake = resolve;
    });
    writeFileSync(join(dir, 'after.AB12CD'), '137');
    renameSync(join(dir, 'after.AB12CD'), join(dir, 'after'));
    await second;
    assert.deepEqual(
      exits.map(({ containerId, exitCode }) => [containerId, exitCode]),
      [
        ['before', 7],
        ['after', 137],
      ],
    );
    assert.equal(readExit(dir, 'missing'), undefined);
    assert.equal(wasOomKilled(dir), false);
    writeFileSync(join(dir, 'oom'), '');
    assert.equal(wasOomKilled(dir), true);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

test('a FIFO, a link or a huge file in the place of an exit file tells of no end', () => {
  const dir = mkdtempSync(join(tmpdir(), 'berth-exits-'));
  try {
    mknod(join(dir, 'fifo'), { type: 'fifo', mode: 0o644 });
    writeFileSync(join(dir, 'exit'), '0');
    symlinkSync('exit', join(dir, 'link'));
    writeFileSync(join(dir, 'huge'), '0'.repeat(100_000));
    for (const name of ['fifo', 'link', 'huge']) assert.equal(readExit(dir, name), undefined, name);
    assert.equal(readExit(dir, 'exit')?.exitCode, 0);
  } finally {
    rmSync(dir, { recursive: true });
  }
});
